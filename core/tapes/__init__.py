"""What a station perceived, in one file, so that it can be judged again."""
