"""`/history`: what ran and what runs, of what one may see."""
