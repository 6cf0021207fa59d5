//! The budgets of memory and disk space for the bodies of all requests in progress.

use std::time::Duration;

use http_body::Body;
use mizan_core::{Error, ErrorCode};

use crate::config::Limits;
use crate::share::{Budget, ClientKey, Exhausted, Share};

/// Bodies up to this size are read without a look at what is free.
const SMALL: u64 = 16 * 1024;

/// The budgets for bodies, which all clients share.
pub(crate) struct BodyBudget {
    requests: Budget,
    memory: Budget,
    storage: Budget,
    files: Budget,
    /// The most that a request may bring. More is refused by the reader of the body, for its size.
    most_memory: u64,
    most_storage: u64,
    most_files: usize,
}

impl BodyBudget {
    pub(crate) fn new(limits: &Limits) -> Self {
        let requests = limits.concurrent_bodies as u64;
        Self {
            requests: Budget::new(requests, limits.concurrent_bodies_per_client as u64),
            memory: Budget::new(limits.body_memory, limits.body_memory_per_client),
            storage: Budget::new(limits.upload_storage, limits.upload_storage_per_client),
            files: Budget::new(
                limits.upload_files as u64,
                limits.upload_files_per_client as u64,
            ),
            most_memory: limits.body_bytes as u64,
            most_storage: limits.upload_bytes,
            most_files: limits.upload_files_per_client,
        }
    }

    /// Admits a body before anything is read of it.
    ///
    /// The announced length is compared with the free budget but not reserved: otherwise, clients that
    /// send nothing could reserve the whole budget.
    ///
    /// # Errors
    ///
    /// A budget is exhausted.
    pub(crate) fn admit<B: Body>(
        &self,
        client: Option<ClientKey>,
        body: &B,
        goes_to_storage: bool,
    ) -> Result<BodyShare, Error> {
        let admit = || {
            let count = u64::from(!body.is_end_stream());
            let share = BodyShare {
                reading: self.requests.take(client, count)?,
                held: HeldShare {
                    memory: self.memory.take(client, 0)?,
                    storage: self.storage.take(client, 0)?,
                    files: self.files.take(client, 0)?,
                },
                buffer: 0,
                files_left: self.most_files,
            };
            let announced = body.size_hint().lower();
            if announced <= SMALL {
                // Nearly all bodies are small: the reader refuses them, and this takes no lock.
            } else if goes_to_storage {
                let announced = announced.min(self.most_storage);
                share.held.storage.has_room_for(announced)?;
            } else {
                let announced = announced.min(self.most_memory);
                share.held.memory.has_room_for(announced)?;
            }
            Ok(share)
        };
        admit().map_err(busy)
    }
}

/// The share of the budgets that the body of one request holds while the server reads it.
pub(crate) struct BodyShare {
    reading: Share,
    held: HeldShare,
    /// The part of the memory that is a reusable buffer.
    buffer: u64,
    /// The number of files that the request may still contain.
    files_left: usize,
}

/// The share of the budgets that a body holds after it was read, until its call has ended.
pub(crate) struct HeldShare {
    memory: Share,
    storage: Share,
    files: Share,
}

impl BodyShare {
    /// Takes memory for `bytes` more of the body.
    pub(crate) fn take_memory(&mut self, bytes: usize) -> Result<(), Error> {
        self.held.memory.grow(bytes as u64).map_err(busy)
    }

    /// Takes storage for `bytes` more of a file.
    pub(crate) fn take_storage(&mut self, bytes: usize) -> Result<(), Error> {
        self.held.storage.grow(bytes as u64).map_err(busy)
    }

    /// Takes a file descriptor for a file.
    pub(crate) fn take_file(&mut self) -> Result<(), Error> {
        self.files_left = self
            .files_left
            .checked_sub(1)
            .ok_or_else(|| Error::new(ErrorCode::TooLarge, "the request has too many files"))?;
        self.held.files.grow(1).map_err(busy)
    }

    /// Takes memory for a buffer of `bytes` for files, one after the other.
    pub(crate) fn buffer(&mut self, bytes: usize) -> Result<(), Error> {
        let more = (bytes as u64).saturating_sub(self.buffer);
        self.held.memory.grow(more).map_err(busy)?;
        self.buffer += more;
        Ok(())
    }

    /// Ends the reading.
    pub(crate) fn read(self) -> HeldShare {
        drop(self.reading);
        self.held
    }
}

/// The error of a client that gets none of what all clients share.
pub(crate) fn busy(exhausted: Exhausted) -> Error {
    let message = match exhausted {
        Exhausted::Total => "the server is busy",
        Exhausted::Client => "the server is busy with other requests from this address",
    };
    Error::new(ErrorCode::Unavailable, message).with_retry_after(Duration::from_secs(1))
}
