"""Submissions that look for files, processes, sockets and privileges outside their sandbox."""

from __future__ import annotations

from cvlib.grading.rehearsal.classroom import Classroom
from hostile.corpus import member
from hostile.making import prize
from hostile.outside import BAIT, beacon

NOT_THERE = "0: what it looks for is not there, and it solves nothing by itself"


@member("the instructor's files: ../../source, the assignments, the gradebook", NOT_THERE)
def files_of_the_instructor(room: Classroom) -> bytes:
    return prize(
        room,
        f"""
        import os

        name = "{room.loaded.problem_set.id}"
        names = ("notebook.md", "gradebook.db", name + ".ipynb", "nbgrader_config.py", ".secret",
                 "sample_class.json")
        places = [os.path.join(*[".."] * k, place) for k in range(1, 8)
                  for place in ("source", "release", "submitted", "autograded", "assignments")]
        places += ["/work", "/root", "/home", "/srv", "/mnt", "/tmp", "/proc/1/root", "/proc/1/cwd"]
        for place in places:
            for base, directories, files in os.walk(place):
                directories[:] = [d for d in directories if "-packages" not in d and d != "proc"]
                found = found or name in directories or any(name in files for name in names)
                if found:
                    break
    """,
    )


@member("what the grader has in its environment, command lines and memory maps", NOT_THERE)
def environment_of_others(room: Classroom) -> bytes:
    return prize(
        room,
        f"""
        import glob, os

        texts = [str(dict(os.environ))]
        for path in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline"):
            try:
                texts.append(open(path, errors="replace").read())
            except OSError:
                pass
        found = any(word in text for text in texts for word in ("{BAIT}", "pytest"))
    """,
    )


@member("open descriptors of every process, and whether one leads out of the sandbox", NOT_THERE)
def descriptors_of_others(room: Classroom) -> bytes:
    return prize(
        room,
        """
        import glob, os, stat

        for path in glob.glob("/proc/[0-9]*/fd/*"):
            try:
                link, mode = os.readlink(path), os.stat(path).st_mode
            except OSError:
                continue
            inside = link.startswith(("/tmp/", "/home/student", "/dev/", "/proc/", "/memfd:"))
            if stat.S_ISDIR(mode) or stat.S_ISREG(mode):
                if not inside and "(deleted)" in link or os.access(path, os.W_OK) and not inside:
                    found = True
            if stat.S_ISDIR(mode) and os.path.exists(f"{path}/../../work"):
                found = True
        for path in glob.glob("/proc/[0-9]*/root") + glob.glob("/proc/[0-9]*/cwd"):
            found = found or os.path.exists(f"{path}/etc/shadow")
    """,
    )


@member(
    "writing into other processes: ptrace, process_vm_writev, /proc/N/mem",
    "0: no process but its own may be written",
)
def memory_of_others(room: Classroom) -> bytes:
    return prize(
        room,
        """
        import ctypes, os

        libc = ctypes.CDLL(None, use_errno=True)
        own = os.getpid()
        for pid in [int(p) for p in os.listdir("/proc") if p.isdigit()]:
            if pid == own:
                continue
            if libc.ptrace(16, pid, 0, 0) == 0:  # PTRACE_ATTACH
                found = True
            try:
                with open(f"/proc/{pid}/mem", "r+b"):
                    found = True
            except OSError:
                pass
            buffer = (ctypes.c_char * 8)()
            vector = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), 8)
            if libc.process_vm_readv(pid, vector, 1, vector, 1, 0) > 0:
                found = True
    """,
    )


@member("the network: TCP, UDP, names, sockets of the host", "0: its network is empty")
def network(room: Classroom) -> bytes:
    tcp, udp, name = beacon()
    return prize(
        room,
        f"""
        import os, socket, stat

        def reaches(family, kind, address):
            try:
                with socket.socket(family, kind) as link:
                    link.settimeout(0.3)
                    link.connect(address)
                    link.send(b"answers?")
                    return bool(link.recv(100))
            except OSError:
                return False

        hosts = ["127.0.0.1", "10.0.2.2", "172.17.0.1", "192.168.0.1", "1.1.1.1"]
        for host in hosts:
            found = found or reaches(socket.AF_INET, socket.SOCK_STREAM, (host, {tcp}))
            found = found or reaches(socket.AF_INET, socket.SOCK_DGRAM, (host, {udp}))
        found = found or reaches(socket.AF_INET6, socket.SOCK_STREAM, ("::1", {tcp}))
        found = found or reaches(socket.AF_UNIX, socket.SOCK_STREAM, chr(0) + "{name}")
        try:
            found = found or bool(socket.getaddrinfo("pypi.org", 443))
        except OSError:
            pass
        for place in () if found else ("/run", "/var/run", "/tmp"):
            for base, _, names in os.walk(place):
                for path in (os.path.join(base, n) for n in names):
                    if stat.S_ISSOCK(os.lstat(path).st_mode):
                        found = found or reaches(socket.AF_UNIX, socket.SOCK_STREAM, path)
    """,
    )


@member("privileges back: namespaces, mounts, setuid files, limits raised", "0: none can be had")
def privileges(room: Classroom) -> bytes:
    return prize(
        room,
        """
        import ctypes, os, resource

        libc = ctypes.CDLL(None, use_errno=True)
        for flags in (0x10000000, 0x10020000, 0x00020000, 0x40000000, 0x20000000):
            found = found or libc.unshare(flags) == 0
        found = found or libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) == 0
        found = found or libc.umount2(b"/opt/cvlib/cvlib/grading", 2) == 0
        found = found or libc.setuid(0) == 0 or libc.setgid(0) == 0
        found = found or libc.chroot(b"/tmp") == 0 or libc.prctl(38, 0, 0, 0, 0) == 0
        for limit in (resource.RLIMIT_AS, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC):
            try:
                resource.setrlimit(limit, (resource.RLIM_INFINITY,) * 2)
                found = True
            except (ValueError, OSError):
                pass
        for path in ("/proc/sys/kernel/core_pattern", "/sys/fs/cgroup/cgroup.procs",
                     "/proc/self/oom_score_adj", "/proc/sysrq-trigger", "/proc/self/uid_map"):
            try:
                open(path, "w").close()
                found = True
            except OSError:
                pass
    """,
    )
