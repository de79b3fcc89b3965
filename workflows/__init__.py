"""The engine: any process, no Flask, no discipline vocabulary."""
