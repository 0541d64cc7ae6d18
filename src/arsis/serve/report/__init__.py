"""What every task's page is made of: packed columns, escaped words, tables, the frame."""
