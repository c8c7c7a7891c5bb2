//! FreeMarker, the part that cover pages and mails need.
