//! The services: one task a connection.

use crate::runtime;
use std::future::Future;
use std::io::{Read, Write};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\n\
Content-Type: text/plain\r\n\
Content-Length: 13\r\n\r\n\
Hello, world\n";

/// Ends the process with standard input.
fn watch_input() {
    std::thread::spawn(|| {
        let mut bytes = [0; 256];
        while std::io::stdin().read(&mut bytes).unwrap_or(0) > 0 {}
        std::process::exit(0);
    });
}

fn serve<F, B>(workers: usize, body: B)
where
    B: Fn(TcpStream) -> F + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    watch_input();
    let accept_all = async move {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        println!("{{\"port\": {port}}}");
        std::io::stdout().flush().unwrap();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            tokio::spawn(body(stream));
        }
    };
    let runtime = runtime(workers);
    runtime.block_on(async { tokio::spawn(accept_all).await.unwrap() })
}

async fn echo(mut stream: TcpStream) {
    let mut buffer = [0; 4096];
    while let Ok(size @ 1..) = stream.read(&mut buffer).await {
        if stream.write_all(&buffer[..size]).await.is_err() {
            return;
        }
    }
}

/// The size of the request at the front; 0 when it is not all there.
fn request_size(bytes: &[u8]) -> usize {
    let end = bytes.windows(4).position(|part| part == b"\r\n\r\n");
    end.map_or(0, |at| at + 4)
}

/// Answers GET with keep-alive and pipelining; anything else ends it.
async fn http(mut stream: TcpStream) {
    let mut buffer = [0; 4096];
    let mut answers = Vec::with_capacity(4096);
    let mut end = 0;
    while let Ok(size @ 1..) = stream.read(&mut buffer[end..]).await {
        end += size;
        let mut begin = 0;
        answers.clear();
        loop {
            let size = request_size(&buffer[begin..end]);
            if size == 0 {
                break;
            }
            if !buffer[begin..].starts_with(b"GET ") {
                return;
            }
            answers.extend_from_slice(ANSWER);
            begin += size;
        }
        buffer.copy_within(begin..end, 0);
        end -= begin;
        if stream.write_all(&answers).await.is_err() {
            return;
        }
    }
}

pub fn serve_echo(workers: usize) {
    serve(workers, echo);
}

pub fn serve_http(workers: usize) {
    serve(workers, http);
}
