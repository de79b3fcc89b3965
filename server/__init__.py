"""The composition root: pages, APIs, sign-in, worker, command line."""
