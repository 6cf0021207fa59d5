//! The budgets of memory, disk space and files for the bodies of all requests in progress.

use http_body::Body;
use mizan_core::{Error, ErrorCode};

use crate::client_budget::{Budget, ClientKey, Exhausted, Share};
use crate::response::busy::busy;
use crate::service::limits::HttpLimits;

/// The maximum length of a body that is read without checking the free budget first.
const SMALL_BODY_BYTES: u64 = 16 * 1024;

/// The budgets for request bodies, which all clients share.
pub(crate) struct BodyBudget {
    requests: Budget,
    memory: Budget,
    storage: Budget,
    files: Budget,
    /// The limits for one request. The reader of a body rejects a larger one with `too_large`.
    max_request_memory: u64,
    max_request_storage: u64,
    max_request_files: usize,
}

/// The medium that the server reads a body into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    Memory,
    Storage,
}

impl BodyBudget {
    pub(crate) fn new(limits: &HttpLimits) -> Self {
        Self {
            requests: Budget::new(
                limits.max_concurrent_bodies as u64,
                limits.max_concurrent_bodies_per_client as u64,
            ),
            memory: Budget::new(limits.max_body_memory, limits.max_body_memory_per_client),
            storage: Budget::new(
                limits.max_upload_storage,
                limits.max_upload_storage_per_client,
            ),
            files: Budget::new(
                limits.max_upload_files as u64,
                limits.max_upload_files_per_client as u64,
            ),
            max_request_memory: limits.max_body_bytes as u64,
            max_request_storage: limits.max_upload_bytes,
            max_request_files: limits.max_upload_files_per_client,
        }
    }

    /// Admits a body before any of it is read.
    ///
    /// The announced length is compared with the free budget but not reserved: otherwise, clients that
    /// send nothing could reserve the whole budget.
    ///
    /// # Errors
    ///
    /// Returns `unavailable` if a budget is exhausted.
    pub(crate) fn admit<B: Body>(
        &self,
        client: Option<ClientKey>,
        body: &B,
        destination: Destination,
    ) -> Result<BodyShare, Error> {
        self.try_admit(client, body, destination).map_err(busy)
    }

    fn try_admit<B: Body>(
        &self,
        client: Option<ClientKey>,
        body: &B,
        destination: Destination,
    ) -> Result<BodyShare, Exhausted> {
        let count = u64::from(!body.is_end_stream());
        let share = BodyShare {
            reading: self.requests.take(client, count)?,
            retained: RetainedShare {
                memory: self.memory.take(client, 0)?,
                storage: self.storage.take(client, 0)?,
                files: self.files.take(client, 0)?,
            },
            buffer_bytes: 0,
            files_left: self.max_request_files,
        };
        let announced = body.size_hint().lower();
        // Most bodies are small. Skipping the check for them saves a lock.
        if announced > SMALL_BODY_BYTES {
            let retained = &share.retained;
            match destination {
                Destination::Memory => retained
                    .memory
                    .check_available(announced.min(self.max_request_memory))?,
                Destination::Storage => retained
                    .storage
                    .check_available(announced.min(self.max_request_storage))?,
            }
        }
        Ok(share)
    }
}

/// The share of the budgets that a request holds while the server reads its body.
pub(crate) struct BodyShare {
    reading: Share,
    retained: RetainedShare,
    /// The part of the memory that is a reusable buffer.
    buffer_bytes: u64,
    /// The number of further files that the request may contain.
    files_left: usize,
}

/// The share of the budgets that a body holds from the end of reading to the end of its call.
pub(crate) struct RetainedShare {
    memory: Share,
    storage: Share,
    files: Share,
}

impl BodyShare {
    /// Takes memory for `bytes` more of the body.
    pub(super) fn take_memory(&mut self, bytes: usize) -> Result<(), Error> {
        self.retained.memory.grow(bytes as u64).map_err(busy)
    }

    /// Takes storage for `bytes` more of a file.
    pub(super) fn take_storage(&mut self, bytes: usize) -> Result<(), Error> {
        self.retained.storage.grow(bytes as u64).map_err(busy)
    }

    /// Takes a file descriptor for a file.
    pub(super) fn take_file(&mut self) -> Result<(), Error> {
        self.files_left = self
            .files_left
            .checked_sub(1)
            .ok_or_else(|| Error::new(ErrorCode::TooLarge, "the request has too many files"))?;
        self.retained.files.grow(1).map_err(busy)
    }

    /// Takes memory for a write buffer of `bytes`, which the files of the request use one after the
    /// other.
    pub(super) fn take_buffer(&mut self, bytes: usize) -> Result<(), Error> {
        let more = (bytes as u64).saturating_sub(self.buffer_bytes);
        self.retained.memory.grow(more).map_err(busy)?;
        self.buffer_bytes += more;
        Ok(())
    }

    /// Ends reading, and returns the share that the body keeps until its call ends.
    pub(crate) fn finish_reading(self) -> RetainedShare {
        drop(self.reading);
        self.retained
    }
}
