"""Times Eckart against its peers: checks every answer first, then runs them in turn."""
