"""Jupyter's way to the sandbox: start any Python kernel with ``JUPYTER_DEFAULT_PROVISIONER_NAME``.

Registered as ``cvlib-bwrap`` among the entry points ``jupyter_client.kernel_provisioners``. The
kernel then has an empty working directory and no network. Jupyter's own client trusts the kernel
with its memory; the judge uses ``session.Session``, which does not.
"""

from __future__ import annotations

import asyncio
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import KernelProvisionerBase
from traitlets import Bool, List, Unicode

from cvlib.grading.sandbox.kernel import KernelProcess, new_connection
from cvlib.grading.sandbox.policy import Policy, SandboxError


class BubblewrapProvisioner(KernelProvisionerBase):
    """Starts an ipykernel in bubblewrap, talking over ipc sockets made outside.

    ``start_kernel(policy=Policy(...))`` sets what it may use; a kernelspec may set ``withhold`` and
    ``unsafe`` in ``metadata.kernel_provisioner.config``.
    """

    withhold: Any = List(Unicode(), help="Dotted names of modules that are not mounted.").tag(
        config=True
    )
    unsafe: Any = Bool(False, help="Start the kernel without a wall.").tag(config=True)

    _kernel: KernelProcess | None = None
    _policy: Policy | None = None

    @property
    def has_process(self) -> bool:
        """Whether a kernel was started and not yet removed."""
        return self._kernel is not None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Choose the private directory and have the manager connect there."""
        manager = self.parent
        if manager is None:
            raise SandboxError("the provisioner needs a kernel manager as its parent")
        language = self.kernel_spec.language.lower()
        if language not in ("", "python"):
            raise SandboxError(f"expected a Python kernel for the sandbox, got {language!r}")
        default = Policy(withhold=tuple(self.withhold), unsafe=self.unsafe)
        self._policy = kwargs.pop("policy", None) or default
        connection = new_connection()
        manager.transport = "ipc"
        manager.ip = connection["ip"]
        for name, port in connection.items():
            if name.endswith("_port"):
                setattr(manager, name, port)
        manager.connection_file = f"{connection['ip']}.json"
        # A signal would reach bubblewrap, and the kernel is in another process namespace.
        self.kernel_spec.interrupt_mode = "message"
        manager.write_connection_file()
        self.connection_info = manager.get_connection_info()
        kwargs.pop("extra_arguments", None)
        return await super().pre_launch(cmd=[], **kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start the kernel; SandboxError says why it did not start."""
        assert self._policy is not None
        kernel = KernelProcess(self._policy, _plain(self.connection_info))
        self._kernel = kernel
        if not kernel.alive():
            error = kernel.failure()
            self._remove()
            raise error
        return self.connection_info

    async def poll(self) -> int | None:
        """Return None while the kernel runs, 1 afterwards."""
        return None if self._kernel is not None and self._kernel.alive() else 1

    async def wait(self) -> int | None:
        """Wait for the end of the kernel and remove what it left."""
        while await self.poll() is None:
            await asyncio.sleep(0.02)
        status = await self.poll()
        self._remove()
        return status

    async def send_signal(self, signum: int) -> None:
        """Only killing makes sense from outside; an interrupt goes as a message."""
        if signum == 0:
            return
        self._remove()

    async def kill(self, restart: bool = False) -> None:
        """End the kernel at once."""
        self._remove()

    async def terminate(self, restart: bool = False) -> None:
        """End the kernel at once: there is nothing in it to save."""
        self._remove()

    async def cleanup(self, restart: bool = False) -> None:
        """Remove what the kernel left."""
        self._remove()

    def get_shutdown_wait_time(self, recommended: float = 5.0) -> float:
        """Do not wait for a hostile kernel to shut itself down."""
        return min(recommended, 0.5)

    def _remove(self) -> None:
        if self._kernel is not None:
            self._kernel.kill()
            self._kernel = None


def _plain(info: Any) -> dict[str, Any]:
    return {k: v.decode() if isinstance(v, bytes) else v for k, v in dict(info).items()}
