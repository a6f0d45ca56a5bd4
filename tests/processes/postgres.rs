//! A PostgreSQL server for one test: in a temporary folder, on a free loopback port, stopped at the end of the test.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;

pub(crate) struct Postgres {
    server: Child,
    port: u16,
    _home: TempDir,
}

/// Finds the folder of PostgreSQL's programs. Under CI, Debian's package is installed first if `may_install` is set.
pub(crate) fn programs(may_install: bool) -> Result<PathBuf, String> {
    let installed = || {
        let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
        let folders = versions.filter_map(|entry| Some(entry.ok()?.path().join("bin")));
        folders.filter(|folder| folder.join("initdb").exists()).max()
    };
    if installed().is_none() && may_install && std::env::var_os("CI").is_some() {
        let install = ["apt-get", "install", "--yes", "--no-install-recommends", "postgresql"];
        for command in [&["apt-get", "update"][..], &install[..]] {
            let _ = Command::new(command[0]).args(&command[1..]).stdout(Stdio::null()).status();
        }
    }
    installed().ok_or_else(|| "PostgreSQL is not installed; Debian's package is `postgresql`".into())
}

fn is_root() -> bool {
    fs::read_to_string("/proc/self/status").is_ok_and(|status| status.contains("\nUid:\t0\t"))
}

/// Returns a command for a program of PostgreSQL, which refuses to run as root.
fn unprivileged(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program);
    command
}

fn succeed(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|e| format!("{command:?}: {e}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr))),
    }
}

impl Postgres {
    /// Starts a server with the programs in a folder.
    pub(crate) fn start(programs: &Path) -> Result<Self, String> {
        let home = tempfile::tempdir().map_err(|e| e.to_string())?;
        let data = home.path().join("data");
        fs::create_dir(&data).map_err(|e| e.to_string())?;
        if is_root() {
            succeed(Command::new("chown").args(["-R", "postgres:postgres"]).arg(home.path()))?;
        }
        let initdb = ["--auth=trust", "--username=pruna", "--no-sync", "--encoding=UTF8", "--locale=C", "-D"];
        succeed(unprivileged(&programs.join("initdb")).current_dir(home.path()).args(initdb).arg(&data))?;
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).map_err(|e| e.to_string())?.port();
        // Only workers are killed in these tests, never the database: so it need not wait for the disk.
        let server = unprivileged(&programs.join("postgres"))
            .current_dir(home.path())
            .arg("-D")
            .arg(&data)
            .args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"])
            .args(["-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| e.to_string())?;
        let postgres = Self { server, port, _home: home };
        for _ in 0..300 {
            let mut is_ready = Command::new(programs.join("pg_isready"));
            if succeed(is_ready.args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()])).is_ok() {
                return Ok(postgres);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Err("PostgreSQL does not respond within 30 s".into())
    }

    /// Executes SQL.
    pub(crate) fn execute(&self, programs: &Path, sql: &str) -> Result<(), String> {
        succeed(Command::new(programs.join("psql")).args(["-q", &self.address(), "-c", sql]))
    }

    /// Returns the only value that a query yields.
    pub(crate) fn query(&self, programs: &Path, sql: &str) -> Result<String, String> {
        let output = Command::new(programs.join("psql")).args(["-qtA", &self.address(), "-c", sql]).output();
        let output = output.map_err(|e| e.to_string())?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Returns the connection string.
    pub(crate) fn address(&self) -> String {
        format!("host=127.0.0.1 port={} user=pruna dbname=postgres", self.port)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // A fast shutdown, by the server's own process id.
        let _ = Command::new("kill").args(["-INT", &self.server.id().to_string()]).status();
        let _ = self.server.wait();
    }
}
