"""Types and folds that every floor shares: numpy only."""
