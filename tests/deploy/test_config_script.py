"""`./config` writes what compose needs and leaves alone what a person wrote."""

import ast
import grp
import importlib.util
import os
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / "config"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def docker_socket(tmp_path: Path) -> Iterator[Path]:
    """A socket where the engine's would be."""
    path = tmp_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        yield path


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with nothing but the script."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    shutil.copy(SCRIPT, folder / "config")
    return folder


@pytest.fixture
def run(checkout: Path, docker_socket: Path) -> Run:
    """The script, with a host and a socket that do not depend on this machine."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        known = ["--host", "pc7.cern.ch", "--docker-socket", str(docker_socket)]
        return subprocess.run(
            [checkout / "config", *known, *arguments], capture_output=True, text=True, check=False
        )

    return run


@pytest.fixture
def script(checkout: Path) -> ModuleType:
    """The script as a module, for what depends on the machine it runs on."""
    loader = SourceFileLoader("demi_config_script", str(checkout / "config"))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def values(file: Path) -> dict[str, str]:
    """Return the assignments of a file without duplicates or multi-line values."""
    lines = [line for line in file.read_text().splitlines() if not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines if line)


def test_a_first_run_writes_every_variable(run: Run, checkout: Path, docker_socket: Path) -> None:
    """All of them, with the socket's own group."""
    result = run("--site", "sr1_lls", "--owner", "pc7")
    assert result.returncode == 0, result.stderr
    assert values(checkout / ".env") == {
        "DEMI_NAMESPACE": "demi.sr1_lls",
        "DEMI_HOST": "pc7.cern.ch",
        "DEMI_OWNER": "pc7",
        "DOCKER_SOCKET": str(docker_socket),
        "DOCKER_GID": str(docker_socket.stat().st_gid),
        "CONSUL_IMAGE": "hashicorp/consul:1.21",
        "CONSUL_HTTP_PORT": "8500",
        "CONSUL_DNS_PORT": "8600",
        "CONSUL_CLIENT_ADDR": "127.0.0.1",
        "DEMI_UI_PORT": "8080",
    }
    assert "set   DEMI_HOST=pc7.cern.ch" in result.stderr


def test_a_second_run_changes_nothing(run: Run, checkout: Path) -> None:
    """Not even the file's time."""
    run("--site", "a,b")
    before = (checkout / ".env").stat()
    result = run()
    after = (checkout / ".env").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert "kept  DEMI_NAMESPACE=demi.a,demi.b" in result.stderr
    assert " set " not in result.stderr


def test_what_a_person_wrote_stays_to_the_byte(run: Run, checkout: Path) -> None:
    """Comments, order, other variables, quotes, values over several lines, no last line end."""
    mine = (
        "# my lab\nexport CONSUL_HTTP_PORT = 18500   # taken: 8500\n"
        "FELIX='a\nDEMI_UI_PORT=1\nb'\nDEMI_OWNER=\"me\"\nTOKEN=${OTHER:-x}"
    )
    (checkout / ".env").write_text(mine)
    result = run()
    assert result.returncode == 0, result.stderr
    text = (checkout / ".env").read_text()
    assert text.startswith(mine + "\n# ")
    assert text.count("CONSUL_HTTP_PORT") == 1
    assert "\nDEMI_UI_PORT=8080\n" in text
    assert "kept  CONSUL_HTTP_PORT=18500" in result.stderr
    assert "kept  DEMI_OWNER=me" in result.stderr


def test_an_option_replaces_the_value_alone(run: Run, checkout: Path) -> None:
    """The comment behind it and Windows line ends stay."""
    (checkout / ".env").write_bytes(b"CONSUL_HTTP_PORT=18500 # why\r\nA=1\r\n")
    assert run("--consul-port", "28500").returncode == 0
    assert (checkout / ".env").read_bytes().startswith(b"CONSUL_HTTP_PORT=28500 # why\r\nA=1\r\n")


def test_the_last_of_several_assignments_is_the_one_that_counts(run: Run, checkout: Path) -> None:
    """As it is for compose."""
    (checkout / ".env").write_text("DEMI_UI_PORT=1\nDEMI_UI_PORT=2 \n")
    assert run("--ui-port", "3").returncode == 0
    assert (checkout / ".env").read_text().startswith("DEMI_UI_PORT=1\nDEMI_UI_PORT=3 \n")


def test_every_site_is_a_choice_that_is_kept(run: Run, checkout: Path) -> None:
    """An empty namespace is a value, and `--site ''` goes back to it."""
    (checkout / ".env").write_text("DEMI_NAMESPACE=demi.a\n")
    assert run("--site", "").returncode == 0
    assert "kept  DEMI_NAMESPACE=\n" in run().stderr


def test_a_site_may_be_given_as_the_variable_has_it(run: Run, checkout: Path) -> None:
    """With and without `demi.`, also mixed."""
    assert run("--site", "demi.a,b,demi.c").returncode == 0
    assert values(checkout / ".env")["DEMI_NAMESPACE"] == "demi.a,demi.b,demi.c"


def test_a_group_that_is_no_longer_the_sockets_is_mended(
    run: Run, checkout: Path, docker_socket: Path
) -> None:
    """Docker was installed again; the report says what changed and why."""
    group = docker_socket.stat().st_gid
    (checkout / ".env").write_text(f"DOCKER_GID={group + 1} # mine\n")
    result = run()
    assert result.returncode == 0, result.stderr
    changed = f"set   DOCKER_GID={group} (the group of {docker_socket}; was {group + 1})"
    assert changed in result.stderr
    assert (checkout / ".env").read_text().startswith(f"DOCKER_GID={group} # mine\n")
    assert f"kept  DOCKER_GID={group}\n" in run().stderr


def test_a_group_that_was_asked_for_is_taken(run: Run, checkout: Path, docker_socket: Path) -> None:
    """The socket may be one thing here and another where compose runs."""
    group = str(docker_socket.stat().st_gid + 1)
    assert run("--docker-gid", group).returncode == 0
    assert values(checkout / ".env")["DOCKER_GID"] == group


def test_a_group_without_a_socket_is_kept_and_told(run: Run, checkout: Path) -> None:
    """The engine may just not run now."""
    (checkout / ".env").write_text("DOCKER_GID=4242\n")
    result = run("--docker-socket", "/nowhere/docker.sock")
    assert result.returncode == 0, result.stderr
    assert "/nowhere/docker.sock: No such file or directory; kept DOCKER_GID=4242" in result.stderr
    assert (checkout / ".env").read_text().startswith("DOCKER_GID=4242\n")


def test_an_empty_value_is_filled_in_where_it_stands(run: Run, checkout: Path) -> None:
    """Compose would take its default for it, too."""
    (checkout / ".env").write_text("DEMI_UI_PORT= # the page\nA=1\n")
    assert run().returncode == 0
    assert (checkout / ".env").read_text().startswith("DEMI_UI_PORT=8080 # the page\nA=1\n")


def test_permissions_stay_and_links_stay_links(run: Run, checkout: Path, tmp_path: Path) -> None:
    """The file behind the link is replaced, with the mode it had; no temporary file is left."""
    kept_elsewhere = tmp_path / "mine.env"
    kept_elsewhere.write_text("A=1\n")
    kept_elsewhere.chmod(0o640)
    (checkout / ".env").symlink_to(kept_elsewhere)
    assert run().returncode == 0
    assert (checkout / ".env").is_symlink()
    assert stat.S_IMODE(kept_elsewhere.stat().st_mode) == 0o640
    assert "DEMI_UI_PORT=8080" in kept_elsewhere.read_text()
    assert [path.name for path in tmp_path.glob(".env*")] == []


def test_a_dry_run_prints_and_writes_nothing(run: Run, checkout: Path) -> None:
    """The file goes to standard output, the report to standard error."""
    result = run("--dry-run")
    assert "DEMI_HOST=pc7.cern.ch\n" in result.stdout
    assert not (checkout / ".env").exists()


def test_help_names_every_option_and_variable(run: Run, script: ModuleType) -> None:
    """Nothing has to be looked up in the source."""
    result = run("--help")
    assert result.returncode == 0
    for variable in script.VARIABLES:
        assert f"--{variable.option} " in result.stdout
        assert variable.name in result.stdout


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--site", "demi.a,demi.b.c"], "--site"),
        (["--site", "x" * 64], "--site"),
        (["--site", "a,"], "--site"),
        (["--host", "pc_7.cern.ch"], "DEMI_HOST"),
        (["--host", "pc7.cern.ch:80"], "DEMI_HOST"),
        (["--host", "256.1.1.1"], "DEMI_HOST"),
        (["--owner", "a\nB=1"], "DEMI_OWNER"),
        (["--owner", "a'b"], "DEMI_OWNER"),
        (["--consul-port", "0"], "CONSUL_HTTP_PORT"),
        (["--dns-port", "65536"], "CONSUL_DNS_PORT"),
        (["--ui-port", "8500"], "8500"),
        (["--ui-port", "http"], "DEMI_UI_PORT"),
        (["--docker-gid", "docker"], "DOCKER_GID"),
        (["--docker-socket", "docker.sock"], "DOCKER_SOCKET"),
        (["--docker-socket", "/a'b"], "DOCKER_SOCKET"),
        (["--client-addr", "192.0.2.7"], "CONSUL_CLIENT_ADDR"),
        (["--unknown"], "--unknown"),
    ],
)
def test_bad_input_is_named_and_changes_nothing(
    run: Run, checkout: Path, arguments: list[str], named: str
) -> None:
    """Exit code 2, one message, no file."""
    result = run(*arguments)
    assert result.returncode == 2
    assert named in result.stderr
    assert "Traceback" not in result.stderr
    assert not (checkout / ".env").exists()


def test_a_kept_value_that_cannot_be_right_is_named(run: Run, checkout: Path) -> None:
    """With the file it stands in, which stays as it is."""
    (checkout / ".env").write_text("CONSUL_DNS_PORT=86000\n")
    result = run()
    assert result.returncode == 2
    assert f"CONSUL_DNS_PORT='86000' in {checkout / '.env'}" in result.stderr
    assert (checkout / ".env").read_text() == "CONSUL_DNS_PORT=86000\n"


def test_a_kept_value_may_refer_to_other_variables(run: Run, checkout: Path) -> None:
    """That is compose's business."""
    (checkout / ".env").write_text("DEMI_UI_PORT=${PAGE_PORT:-8081}\n")
    result = run()
    assert result.returncode == 0, result.stderr
    assert (checkout / ".env").read_text().startswith("DEMI_UI_PORT=${PAGE_PORT:-8081}\n")


def test_a_folder_that_cannot_be_written_is_an_error_without_a_trace(
    script: ModuleType,
    checkout: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    docker_socket: Path,
) -> None:
    """Exit code 1 and the system's own words."""
    (checkout / ".env").mkdir()
    monkeypatch.setattr(sys, "argv", ["config", "--docker-socket", str(docker_socket)])
    assert script.main() == 1
    assert "Is a directory" in capsys.readouterr().err


def test_without_a_socket_the_group_docker_is_taken(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says so, as the guess may be wrong."""
    group = grp.struct_group(("docker", "x", 4242, []))
    monkeypatch.setattr(grp, "getgrnam", lambda _: group)
    assert script.docker_group({"DOCKER_SOCKET": "/nowhere/docker.sock"}) == "4242"
    assert "/nowhere/docker.sock: No such file" in capsys.readouterr().err


def test_without_socket_and_group_the_message_says_what_to_do(
    script: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A folder in the socket's place is no socket; exit code 1, no file."""

    def no_group(name: str) -> grp.struct_group:
        raise KeyError(name)

    monkeypatch.setattr(grp, "getgrnam", no_group)
    monkeypatch.setattr(sys, "argv", ["config", "--docker-socket", str(tmp_path)])
    assert script.main() == 1
    message = capsys.readouterr().err
    assert f"{tmp_path}: is no socket" in message
    assert "--docker-gid" in message
    assert not script.ENV_FILE.exists()


@pytest.mark.parametrize(
    "name", ["localhost", "vm", "localhost.localdomain", "1.0.0.127.in-addr.arpa"]
)
def test_without_a_full_host_name_the_address_is_taken(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """None of these would lead another PC here."""

    class Probe(socket.socket):
        def connect(self, address: object) -> None:
            """Go nowhere: the test may run without a network."""

        def getsockname(self) -> tuple[str, int]:
            """Return what a PC with a network would see."""
            return ("192.0.2.7", 4000)

    monkeypatch.setattr(socket, "getfqdn", lambda: name)
    monkeypatch.setattr(socket, "socket", Probe)
    assert script.this_host({}) == "192.0.2.7"


def test_a_full_host_name_is_taken(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """It outlives a change of address."""
    monkeypatch.setattr(socket, "getfqdn", lambda: "pc7.cern.ch")
    assert script.this_host({}) == "pc7.cern.ch"


def test_it_runs_with_the_python_of_an_older_lab_pc() -> None:
    """Python 3.9 can read it, and it is executable."""
    ast.parse(SCRIPT.read_text(), feature_version=(3, 9))
    assert os.access(SCRIPT, os.X_OK)
