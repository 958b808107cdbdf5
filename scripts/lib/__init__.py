"""What the commands of this folder share. Standard library only: nothing is installed yet when it runs."""
