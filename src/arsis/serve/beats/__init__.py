"""How the beats of an ECG are shown."""
