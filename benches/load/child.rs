//! The programs under measurement, each a process of its own, and what the system says of them.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Open files that a process with 5,000 streams needs, and then some.
const FILES: &str = "ulimit -n 65536 2>/dev/null || ulimit -n \"$(ulimit -Hn)\"; exec \"$0\" \"$@\"";

/// `program` with room for many open files.
pub fn roomy(program: &Path) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(FILES).arg(program);
    command
}

/// A running server. One that is dropped is killed.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
}

/// What a process has used so far.
#[derive(Clone, Copy)]
pub struct Usage {
    /// Time on the cores in microseconds.
    pub cpu_micros: u64,
    /// Resident now, in KiB.
    pub resident_kib: u64,
    /// Resident at most so far, in KiB.
    pub peak_kib: u64,
}

impl Server {
    /// Starts `matcha serve` on `data`, as it is delivered: default settings, log at its default level into a file.
    pub fn matcha(data: &Path) -> Server {
        let mut command = roomy(Path::new(env!("CARGO_BIN_EXE_matcha")));
        command.arg("serve").arg("--data").arg(data).args(["--listen", "127.0.0.1:0"]);
        let log =
            File::options().create(true).append(true).open(data.with_extension("log")).expect("a log file");
        command.stderr(log);
        Server::spawn(command)
    }

    /// Starts the bare handlers: this program with an argument.
    pub fn bare(samples: &Path) -> Server {
        let mut command = roomy(&std::env::current_exe().expect("this program"));
        command.arg(crate::BARE).arg(samples);
        Server::spawn(command)
    }

    fn spawn(mut command: Command) -> Server {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("it starts");
        let stdout = child.stdout.take().expect("a pipe");
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).expect("it speaks");
        let address =
            line.split([' ', ',']).find_map(|word| word.strip_prefix("http://")?.trim().parse().ok());
        if address.is_none() {
            drop(child.kill());
        }
        Server { child, address: address.expect("the first line tells the address") }
    }

    pub fn usage(&self) -> Usage {
        usage(&self.child.id().to_string())
    }

    /// Asks it to end, and waits until it has.
    pub fn stop(mut self) {
        let pid = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().expect("kill(1) is there");
        self.child.wait().expect("it ends");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What the process `pid` (or `self`) has used.
pub fn usage(pid: &str) -> Usage {
    let read = |name: &str| std::fs::read_to_string(format!("/proc/{pid}/{name}")).unwrap_or_default();
    let status = read("status");
    let kib = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse().ok()
    };
    let stat = read("stat");
    // Fields 14 and 15, counted behind the name in parentheses, in ticks of a hundredth of a second.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|f| f.parse::<u64>().ok()).unwrap_or(0);
    Usage {
        cpu_micros: (ticks(11) + ticks(12)) * 10_000,
        resident_kib: kib("VmRSS:").unwrap_or(0),
        peak_kib: kib("VmHWM:").unwrap_or(0),
    }
}
