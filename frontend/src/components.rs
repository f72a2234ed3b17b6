//! What pages are built of.

pub mod desk_script;
pub mod dialog;
pub mod field;
pub mod file_button;
pub mod form;
pub mod icons;
pub mod inspect;
pub mod keys_dialog;
pub mod layers;
pub mod letters;
pub mod live;
pub mod map_desk;
pub mod map_editor;
pub mod menu;
pub mod messages;
pub mod network;
pub mod network_shape;
pub mod overlay_panel;
pub mod question;
pub mod readouts;
pub mod settings;
pub mod slider_scale;
pub mod speed;
pub mod terms;
pub mod toasts;
pub mod transport;
