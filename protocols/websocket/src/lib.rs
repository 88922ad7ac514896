//! WebSocket (RFC 6455) as segue stages.
