"""From source to verdict, one pipeline per sense."""
