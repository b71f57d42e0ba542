"""What every platform does alike."""
