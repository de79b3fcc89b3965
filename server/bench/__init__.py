"""What the whole server costs: the served application, measured from outside, as its clients meet it."""
