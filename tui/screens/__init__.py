"""The screens of the dashboard, one module per screen."""
