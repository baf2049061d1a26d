//! Processes of the bench, and how they talk: a line each way.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};

use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_setaffinity};

use super::Report;

/// The processor of the thread that serves, where each has its own.
const SERVING: usize = 0;

/// The processor of all else: clients, and whoever brings the news.
const OTHERS: usize = 1;

/// Answers each line of the standard input with a report, until there are no more.
///
/// # Errors
/// Where either stream fails.
pub fn answer_each_line(mut report: impl FnMut() -> Report) -> io::Result<()> {
    for line in io::stdin().lock().lines() {
        line?;
        println!("{}", serde_json::to_string(&report())?);
    }
    Ok(())
}

/// A process of the bench; it ends when dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    answers: BufReader<ChildStdout>,
}

impl Process {
    /// Starts one.
    ///
    /// # Errors
    /// Where that fails.
    pub fn start(command: &mut Command) -> io::Result<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let answers = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(Self {
            child,
            answers: BufReader::new(answers),
        })
    }

    /// The next line that it prints.
    ///
    /// # Errors
    /// Where it has ended.
    pub fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        match self.answers.read_line(&mut line)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(line.trim().to_owned()),
        }
    }

    /// The address that it prints.
    ///
    /// # Errors
    /// Where it prints something else.
    pub fn address(&mut self) -> io::Result<SocketAddr> {
        self.line()?.parse().map_err(io::Error::other)
    }

    /// How it is.
    ///
    /// # Errors
    /// Where it does not say.
    pub fn report(&mut self) -> io::Result<Report> {
        let input = self.child.stdin.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        input.write_all(b"\n")?;
        input.flush()?;
        Ok(serde_json::from_str(&self.line()?)?)
    }

    /// Gives threads whose names begin with `serving` a processor of their own, and all others another one: those of clients, who on one processor with
    /// who writes to them take turns with it, at the one server after each write, at the other after many.
    ///
    /// # Errors
    /// Where the system has no second processor, or gives none.
    pub fn set_apart(&self, serving: &str) -> io::Result<()> {
        for task in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let task = task?;
            let is_serving = fs::read_to_string(task.path().join("comm"))?.starts_with(serving);
            let thread = task.file_name().to_string_lossy().parse().ok();
            let mut processors = CpuSet::new();
            processors.set(if is_serving { SERVING } else { OTHERS });
            sched_setaffinity(thread.and_then(Pid::from_raw), &processors)?;
        }
        Ok(())
    }

    /// Lets it end by itself, with what it has started: its standard input ends.
    ///
    /// # Errors
    /// Where that cannot be waited for.
    pub fn end(mut self) -> io::Result<()> {
        drop(self.child.stdin.take());
        self.child.wait().map(drop)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It is gone already where these fail.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
