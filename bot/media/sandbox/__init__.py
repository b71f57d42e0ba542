"""What is done with the files of strangers, in processes of their own."""
