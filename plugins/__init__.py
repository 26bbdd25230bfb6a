"""What Heed can do out of the box: one file per strategy, channel and question type. All import `engine.api` only."""
