"""One file a board, each with `board(house)`."""
