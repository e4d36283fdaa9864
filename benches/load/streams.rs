//! Thousands of open event streams: what each costs, and how soon each hears.

use std::sync::Arc;
use std::time::Duration;

use matcha::clock::Stopwatch;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};

use crate::child::Server;
use crate::shop::{Made, stream};
use crate::wire::Wire;

/// Connections on which the notices come in.
const CONNECTIONS: usize = 8;

/// What open streams cost and how they heard.
pub struct Streams {
    pub open: usize,
    /// Bytes of resident memory for each.
    pub bytes_each: usize,
    /// From the notice's 200 to the event, in microseconds, sorted.
    pub heard_after: Vec<u32>,
}

/// Streams that are open.
pub struct Opened {
    open: usize,
    bytes_each: usize,
    watch: Stopwatch,
    heard: mpsc::UnboundedReceiver<(usize, Duration)>,
}

/// Opens one stream for each order.
pub async fn open(server: &Server, made: &[Made]) -> Opened {
    let before = server.usage().resident_kib;
    let watch = Stopwatch::start();
    let (paid, heard) = mpsc::unbounded_channel();
    let (opened, mut open) = watch::channel(0);
    for (n, order) in made.iter().enumerate() {
        let mut socket = Wire::connect(server.address).await.into_socket();
        socket.write_all(&stream(order)).await.expect("the server reads");
        tokio::spawn(listen(socket, n, watch, opened.clone(), paid.clone()));
    }
    open.wait_for(|open| *open == made.len()).await.expect("all streams open");
    // What was needed only to open them is given back by then.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let grown = server.usage().resident_kib.saturating_sub(before);
    let bytes_each = usize::try_from(grown * 1024).unwrap_or(usize::MAX) / made.len().max(1);
    Opened { open: made.len(), bytes_each, watch, heard }
}

impl Opened {
    /// Lets `notices` pay the first of the orders, and measures how soon their streams hear.
    pub async fn hear(mut self, server: &Server, notices: Vec<Vec<u8>>) -> Streams {
        let count = notices.len();
        let answered = pay(server, notices, self.watch).await;
        let mut heard_after = Vec::new();
        while heard_after.len() < count {
            let (n, at) = self.heard.recv().await.expect("a stream hears");
            let answered = answered.get(n).copied().unwrap_or_default();
            // The event may overtake the answer: then nobody waited.
            heard_after.push(u32::try_from(at.saturating_sub(answered).as_micros()).unwrap_or(u32::MAX));
        }
        heard_after.sort_unstable();
        Streams { open: self.open, bytes_each: self.bytes_each, heard_after }
    }
}

/// Reads a stream: tells when its first event is there, and when it says that the order is paid.
async fn listen(
    socket: TcpStream,
    n: usize,
    watch: Stopwatch,
    opened: watch::Sender<usize>,
    paid: mpsc::UnboundedSender<(usize, Duration)>,
) {
    let mut first = true;
    // No buffer lies on the heap while the stream is silent: this side's memory is not measured, but it is the machine's.
    loop {
        socket.readable().await.expect("the stream is open");
        let mut buffer = [0; 4096];
        let read = match socket.try_read(&mut buffer) {
            Ok(0) => return,
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => continue,
            Err(_) => return,
        };
        let text = String::from_utf8_lossy(buffer.get(..read).unwrap_or_default());
        if text.contains("\"status\":\"paid\"") && paid.send((n, watch.elapsed())).is_err() {
            return;
        }
        if first && text.contains("event: order") {
            first = false;
            opened.send_modify(|open| *open += 1);
        }
    }
}

/// Posts each notice; when each was answered.
async fn pay(server: &Server, notices: Vec<Vec<u8>>, watch: Stopwatch) -> Vec<Duration> {
    let notices = Arc::new(notices);
    let mut workers = tokio::task::JoinSet::new();
    for first in 0..CONNECTIONS {
        let (notices, address) = (Arc::clone(&notices), server.address);
        workers.spawn(async move {
            let mut wire = Wire::connect(address).await;
            let mut times = Vec::new();
            for n in (first..notices.len()).step_by(CONNECTIONS) {
                let answer = wire.call(notices.get(n).expect("a notice")).await;
                assert_eq!(answer.status, 200, "{}", answer.text());
                times.push((n, watch.elapsed()));
            }
            times
        });
    }
    let mut answered = vec![Duration::ZERO; notices.len()];
    while let Some(times) = workers.join_next().await {
        for (n, at) in times.expect("a connection works") {
            if let Some(slot) = answered.get_mut(n) {
                *slot = at;
            }
        }
    }
    answered
}
