"""What runs inside the sandbox: the launcher of the kernel, hollow modules, and the shim."""
