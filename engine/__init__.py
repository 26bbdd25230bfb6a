"""Heed's engine: decides, asks, keeps promises. docs/architecture.md shows the rooms and what may touch what."""
