//! A client's connection: as it comes, or secured by TLS.

use std::io;
use std::os::fd::AsRawFd;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::server::TlsStream;

/// What a secured connection may hold of a client's data that the socket has not taken: as much as one large frame has at once.
const UNSENT_BYTES_MAX: usize = 16 * 1024;

/// A client's connection.
pub(super) enum Connection {
    /// As it comes.
    Plain(TcpStream),
    /// Secured by TLS.
    Secured(Box<TlsStream<TcpStream>>),
}

impl Connection {
    /// Secures a connection where that is configured.
    pub(super) async fn open(stream: TcpStream, tls: Option<Arc<ServerConfig>>) -> io::Result<Self> {
        let Some(tls) = tls else {
            return Ok(Self::Plain(stream));
        };
        let accepted = TlsAcceptor::from(tls).accept_with(stream, |session| {
            session.set_buffer_limit(Some(UNSENT_BYTES_MAX));
        });
        Ok(Self::Secured(Box::new(accepted.await?)))
    }

    /// Whether it is as it comes.
    pub(super) const fn is_plain(&self) -> bool {
        matches!(self, Self::Plain(_))
    }

    /// Reads what sending will read, so that it is in the cache by then.
    pub(super) fn look_over(&self) -> u64 {
        match self {
            Self::Plain(stream) => u64::from(stream.as_raw_fd().unsigned_abs()),
            Self::Secured(_) => 0,
        }
    }

    /// Gives `bytes` to the socket without waiting; how many it took. `None` where it takes none, fails, or is secured: writing says which.
    pub(super) fn send(&self, bytes: &[u8]) -> Option<usize> {
        match self {
            Self::Plain(stream) => SockRef::from(stream).send(bytes).ok(),
            Self::Secured(_) => None,
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Secured(stream) => {
                // What the session holds of the last write goes on its way: whoever reads has nothing more to write for now.
                if let Poll::Ready(flushed) = Pin::new(&mut **stream).poll_flush(context) {
                    flushed?;
                }
                Pin::new(stream).poll_read(context, buffer)
            }
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Secured(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(context, pieces),
            Self::Secured(stream) => Pin::new(stream).poll_write_vectored(context, pieces),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Secured(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Secured(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Secured(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
