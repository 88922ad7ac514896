//! What the peer has told in its settings.

use crate::{
    ErrorCode,
    frame::{Setting, Settings, StreamId},
};

/// The settings of the peer (RFC 9113 §6.5.2), and its word that it goes away.
#[derive(Debug)]
pub(super) struct Peer {
    /// The window of each new stream.
    pub(super) window: i32,
    pub(super) max_frame: u32,
    pub(super) max_streams: u32,
    pub(super) connect_protocol: bool,
    /// Its settings have come.
    pub(super) has_settings: bool,
    /// The last stream that it acts on, and the reason.
    pub(super) away: Option<(StreamId, ErrorCode)>,
}

/// What has changed by settings that others have to know.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    /// The smallest and the last size of the table.
    pub(super) table: Option<(u32, u32)>,
    pub(super) max_list: Option<u32>,
    /// The difference to the windows of all streams.
    pub(super) window: i64,
    /// It takes promises.
    pub(super) takes_push: bool,
}

impl Peer {
    /// The peer before its settings have come.
    pub(super) const fn new() -> Self {
        Self {
            window: 65_535,
            max_frame: 16_384,
            // It is not limited until it says so; a client that knows nothing is careful.
            max_streams: 100,
            connect_protocol: false,
            has_settings: false,
            away: None,
        }
    }

    /// Takes the settings of a frame, which were checked. Of several windows the last one counts.
    pub(super) fn apply(&mut self, settings: &Settings<'_>) -> Changes {
        let (mut changes, before) = (Changes::default(), self.window);
        if !self.has_settings {
            self.max_streams = u32::MAX;
        }
        self.has_settings = true;
        for Setting { id, value } in settings.iter() {
            match id {
                Setting::HEADER_TABLE_SIZE => {
                    let least = changes.table.map_or(value, |(least, _)| least.min(value));
                    changes.table = Some((least, value));
                }
                Setting::ENABLE_PUSH => changes.takes_push = value == 1,
                Setting::MAX_CONCURRENT_STREAMS => self.max_streams = value,
                Setting::INITIAL_WINDOW_SIZE => {
                    self.window = i32::try_from(value).unwrap_or(i32::MAX);
                }
                Setting::MAX_FRAME_SIZE => self.max_frame = value,
                Setting::MAX_HEADER_LIST_SIZE => changes.max_list = Some(value),
                Setting::ENABLE_CONNECT_PROTOCOL => self.connect_protocol |= value == 1,
                _ => {}
            }
        }
        changes.window = i64::from(self.window) - i64::from(before);
        changes
    }
}
