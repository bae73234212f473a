"""What people see and type: command line, dashboard, line mode, service, reports."""
