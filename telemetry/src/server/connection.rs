//! A client's connection: as it comes, or secured by TLS.

use std::io;
use std::net::Shutdown;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

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
    /// As it comes. A walk may have the socket too, so as to send past the client.
    Plain(Rc<TcpStream>),
    /// Secured by TLS.
    Secured(Box<TlsStream<TcpStream>>),
}

impl Connection {
    /// Secures a connection where that is configured.
    pub(super) async fn open(stream: TcpStream, tls: Option<Arc<ServerConfig>>) -> io::Result<Self> {
        let Some(tls) = tls else {
            return Ok(Self::Plain(Rc::new(stream)));
        };
        let accepted = TlsAcceptor::from(tls).accept_with(stream, |session| {
            session.set_buffer_limit(Some(UNSENT_BYTES_MAX));
        });
        Ok(Self::Secured(Box::new(accepted.await?)))
    }

    /// Its socket, where nothing but that is between it and the peer.
    pub(super) const fn socket(&self) -> Option<&Rc<TcpStream>> {
        match self {
            Self::Plain(stream) => Some(stream),
            Self::Secured(_) => None,
        }
    }
}

/// Gives `bytes` to a socket without waiting; how many it took. `None` where it takes none or fails: writing says which.
pub(super) fn send(socket: &TcpStream, bytes: &[u8]) -> Option<usize> {
    SockRef::from(socket).send(bytes).ok()
}

/// Does something with a socket once that is ready for it.
fn poll_io<T>(
    mut poll_ready: impl FnMut() -> Poll<io::Result<()>>,
    mut io: impl FnMut() -> io::Result<T>,
) -> Poll<io::Result<T>> {
    loop {
        ready!(poll_ready())?;
        match io() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            done => return Poll::Ready(done),
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
            Self::Plain(stream) => poll_io(
                || stream.poll_read_ready(context),
                || stream.try_read_buf(buffer).map(drop),
            ),
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
            Self::Plain(stream) => poll_io(|| stream.poll_write_ready(context), || stream.try_write(bytes)),
            Self::Secured(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => poll_io(
                || stream.poll_write_ready(context),
                || stream.try_write_vectored(pieces),
            ),
            Self::Secured(stream) => Pin::new(stream).poll_write_vectored(context, pieces),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(_) => true,
            Self::Secured(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(_) => Poll::Ready(Ok(())),
            Self::Secured(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Poll::Ready(SockRef::from(&**stream).shutdown(Shutdown::Write)),
            Self::Secured(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
