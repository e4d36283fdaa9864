//! A client that costs as little as it can, because it runs on the same cores as what it measures.
//!
//! One keep-alive connection, requests that were written beforehand, and just enough of HTTP/1.1 to find the end of an
//! answer with a content length.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// One connection.
pub struct Wire {
    socket: TcpStream,
    buffer: Vec<u8>,
}

/// An answer; the body stays in the connection's buffer.
pub struct Answer<'w> {
    pub status: u16,
    pub body: &'w [u8],
}

impl Answer<'_> {
    /// The text of the first `"name":"…"` in the body.
    pub fn word(&self, name: &str) -> String {
        let key = format!("\"{name}\":\"");
        let found = find(self.body, key.as_bytes()).and_then(|at| {
            let rest = self.body.get(at + key.len()..)?;
            rest.get(..rest.iter().position(|b| *b == b'"')?)
        });
        assert!(found.is_some(), "no {name} in {}", self.text());
        String::from_utf8_lossy(found.unwrap_or_default()).into_owned()
    }

    /// The body for a message.
    pub fn text(&self) -> String {
        format!("{} {}", self.status, String::from_utf8_lossy(self.body))
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

impl Wire {
    /// Connects.
    pub async fn connect(address: SocketAddr) -> Wire {
        let socket = TcpStream::connect(address).await.expect("the server listens");
        socket.set_nodelay(true).expect("a socket option");
        Wire { socket, buffer: Vec::with_capacity(8 * 1024) }
    }

    /// Sends a whole request and reads its whole answer.
    pub async fn call(&mut self, request: &[u8]) -> Answer<'_> {
        self.socket.write_all(request).await.expect("the server reads");
        self.buffer.clear();
        loop {
            let read = self.socket.read_buf(&mut self.buffer).await.expect("the server answers");
            assert!(read > 0, "the server hung up: {}", String::from_utf8_lossy(&self.buffer));
            if let Some((status, head)) = whole(&self.buffer) {
                return Answer { status, body: self.buffer.get(head..).unwrap_or_default() };
            }
        }
    }

    /// The bare socket, for streams.
    pub fn into_socket(self) -> TcpStream {
        self.socket
    }
}

/// Status and length of the head, once all of the answer is there.
fn whole(buffer: &[u8]) -> Option<(u16, usize)> {
    let head = find(buffer, b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(buffer.get(..head)?).ok()?;
    let status = text.get(9..12)?.parse().ok()?;
    // hyper writes header names in lower case.
    let length = text.split("\r\ncontent-length: ").nth(1)?.split("\r\n").next()?.parse::<usize>().ok()?;
    (buffer.len() >= head + length).then_some((status, head))
}

/// A request that can be sent as it is.
pub fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: shop.example\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        text.push_str(&format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}
