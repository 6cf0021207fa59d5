//! The metric of frames that wait for slow clients.

/// The frames of a connection in the gauge `mizan_channels_queued_frames`, until it is dropped.
#[derive(Default)]
pub(super) struct QueuedFrames(usize);

impl QueuedFrames {
    pub(super) fn set(&mut self, frames: usize) {
        if frames != self.0 {
            let gauge = metrics::gauge!("mizan_channels_queued_frames");
            gauge.increment(frames as f64 - self.0 as f64);
            self.0 = frames;
        }
    }
}

impl Drop for QueuedFrames {
    fn drop(&mut self) {
        self.set(0);
    }
}

#[cfg(test)]
mod tests {
    use metrics_util::debugging::{DebugValue, DebuggingRecorder};

    use super::QueuedFrames;

    #[test]
    fn gauge_is_the_sum_of_all_connections() {
        let recorder = DebuggingRecorder::new();
        let _guard = metrics::set_default_local_recorder(&recorder);
        // A snapshot resets the recorder.
        let change = || {
            let mut metrics = recorder.snapshotter().snapshot().into_vec().into_iter();
            let Some((.., DebugValue::Gauge(change))) = metrics.next() else {
                panic!("there is no gauge");
            };
            change.into_inner() as i64
        };
        let (mut slow, mut other) = (QueuedFrames::default(), QueuedFrames::default());
        slow.set(7);
        other.set(2);
        slow.set(5);
        assert_eq!(change(), 7);
        drop(slow);
        assert_eq!(change(), -5);
        other.set(0);
        assert_eq!(change(), -2);
    }
}
