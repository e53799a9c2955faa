"""Which adapters stand behind the ports, a module for each profile."""
