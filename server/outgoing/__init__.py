"""Messages that leave the system: what they may say, how they are written, signed and handed over."""
