"""Heart sounds: find S1 and S2, time every beat, say what they amount to."""
