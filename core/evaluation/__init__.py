"""How well a model or a method separates good from defective."""
