"""Arrays in, arrays out: filters, peaks and rhythms of a body's signals."""
