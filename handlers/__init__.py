"""What service tasks do in this field; each module owns its tables."""
