"""What the server remembers of the requests themselves: how many there were, and which were sent before.

In the database, so that every server process knows. Nothing here knows Flask.
"""
