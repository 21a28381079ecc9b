"""Networks that models of several layers share."""
