//! The real program in a process of its own: started, spoken to over sockets, told to stop, killed.
//!
//! What only a process can show is shown here: exit codes, signals, what is printed, what survives a kill. Everything
//! else is cheaper to test inside this process.

mod cli;
pub(crate) mod http;
mod official;
mod seal;
mod serve;
pub(crate) mod shop;
mod subscription;

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};

/// The program, with nothing of this process's environment that could change what it does.
pub(crate) fn matcha() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_matcha"));
    command.env_clear().env("RUST_LOG", "warn");
    command
}

/// Runs a command on `data` to its end, with `input` on standard input.
pub(crate) fn run_with(data: &Path, args: &[&str], input: &[u8]) -> Output {
    let mut child = matcha()
        .arg("--data")
        .arg(data)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_owned();
    // From a thread: a program that prints while it reads must not wait for us, nor we for it.
    let feeder = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().expect("the program ends");
    feeder.join().expect("the input is written");
    output
}

/// Runs a command that must succeed; what it printed.
pub(crate) fn run(data: &Path, args: &[&str]) -> String {
    let output = run_with(data, args, b"");
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "matcha {args:?} failed\nstdout: {out}\nstderr: {err}");
    out
}

/// Runs a command that must fail with exit code 1; what it said on both outputs.
pub(crate) fn run_badly(data: &Path, args: &[&str]) -> String {
    let output = run_with(data, args, b"");
    let said = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "matcha {args:?} said: {said}");
    said
}

/// The words of an output.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A running server. One that is dropped is killed, so that a failed test leaves nothing behind.
pub(crate) struct Server {
    child: Child,
    stdout: BufReader<ChildStdout>,
    log: PathBuf,
    /// `http://127.0.0.1:…`
    pub(crate) base: String,
    /// The first line it printed.
    pub(crate) greeting: String,
}

impl Server {
    /// Starts a server on `data` and a free port, and returns as soon as it listens. Its log is added to `log`.
    pub(crate) fn start(data: &Path, log: &Path) -> Server {
        let mut command = matcha();
        command.arg("serve").arg("--data").arg(data).args(["--listen", "127.0.0.1:0"]);
        Server::spawn(command, log)
    }

    /// Runs `command`, which must be a server, and waits for the line that tells its address.
    pub(crate) fn spawn(mut command: Command, log: &Path) -> Server {
        let stderr = File::options().create(true).append(true).open(log).expect("the log opens");
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .expect("the program starts");
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let (base, greeting) = (String::new(), String::new());
        let mut server = Server { child, stdout, log: log.to_owned(), base, greeting };
        server.greeting = server.line();
        let address = server.greeting.split([' ', ',']).find(|word| word.starts_with("http://"));
        server.base = address.expect("the address is printed").to_owned();
        server
    }

    /// The next line it prints.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        let read = self.stdout.read_line(&mut line).expect("its output is text");
        assert!(read > 0, "the server ended instead of speaking; its log:\n{}", self.log());
        line.trim_end().to_owned()
    }

    /// Host and port.
    pub(crate) fn address(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    /// All it logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// SIGKILL: no destructor runs, no buffer is flushed.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it is ours to kill");
        self.child.wait().expect("it ends");
    }

    /// SIGTERM: please stop.
    pub(crate) fn terminate(&self) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args(["-TERM", &pid]).status().expect("kill(1) is there");
        assert!(status.success(), "the signal was sent");
    }

    /// Waits for its end; how it ended, and what else it printed.
    pub(crate) fn wait(mut self) -> (ExitStatus, String) {
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).expect("its output is text");
        (self.child.wait().expect("it ends"), rest)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // That it is dead already is what we want.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
