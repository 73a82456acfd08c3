//! Sockets other than TCP.
#![cfg(unix)]

use longshore_async::net::{UnixListener, UnixStream};
use longshore_async::{Runtime, spawn};
use std::io;

#[test]
fn unix_streams_connect_and_carry_bytes_both_ways() -> io::Result<()> {
    let path = std::env::temp_dir().join(format!("longshore-async-{}.sock", std::process::id()));
    let result = Runtime::new()?.block_on(async {
        let listener = UnixListener::bind(&path).await?;
        let client = spawn({
            let path = path.clone();
            async move {
                let stream = UnixStream::connect(path).await?;
                stream.write_all(b"question").await?;
                let mut answer = [0; 6];
                stream.read_exact(&mut answer).await?;
                io::Result::Ok(answer)
            }
        });
        let (server, _) = listener.accept().await?;
        let mut question = [0; 8];
        server.read_exact(&mut question).await?;
        assert_eq!(&question, b"question");
        server.send("answer").await?;
        assert_eq!(&client.await??, b"answer");
        Ok(())
    });
    std::fs::remove_file(&path)?;
    result
}

#[test]
fn the_halves_of_a_stream_work_in_two_tasks_and_the_writing_one_finishes() -> io::Result<()> {
    Runtime::new()?.block_on(async {
        let (one, other) = UnixStream::pair()?;
        let (read, write) = one.into_split();
        let writer = spawn(async move {
            for _ in 0..100 {
                write.write_all(&[7; 1000]).await?;
            }
            io::Result::Ok(())
        });
        let mut all = 0;
        loop {
            let data = other.recv().await?;
            if data.is_empty() {
                break;
            }
            all += data.len();
        }
        writer.await??;
        assert_eq!(all, 100_000);
        other.send("back").await?;
        assert_eq!(&*read.recv().await?, b"back");
        Ok(())
    })
}
