"""What runs inside the sandbox: the server, the kernels it forks, their line to the judge."""
