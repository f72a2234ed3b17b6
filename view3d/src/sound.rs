//! Sounds: a hum that follows the speed, and a chime where something happens. Silent until somebody asks for them.

use web_sys::{AudioContext, GainNode, OscillatorNode, OscillatorType};

/// What is to be heard.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sound {
    /// How high the motor hums, from 0 to 1; nothing where there is none.
    pub hum: Option<f32>,
    /// Another number than before: something happened that a chime tells.
    pub event: u64,
}

/// Loudness of the hum and of a chime: both stay in the background.
const HUM: f32 = 0.035;
const CHIME: f32 = 0.08;

/// What makes sounds, once somebody wants them.
#[derive(Debug)]
pub struct Speaker {
    audio: AudioContext,
    motor: OscillatorNode,
    loudness: GainNode,
    event: Option<u64>,
}

impl Speaker {
    /// Begins; nothing where the browser has no sound.
    pub fn begin() -> Option<Self> {
        let audio = AudioContext::new().ok()?;
        let (motor, loudness) = (audio.create_oscillator().ok()?, audio.create_gain().ok()?);
        motor.set_type(OscillatorType::Triangle);
        loudness.gain().set_value(0.0);
        motor.connect_with_audio_node(&loudness).ok()?;
        loudness.connect_with_audio_node(&audio.destination()).ok()?;
        motor.start().ok()?;
        Some(Self { audio, motor, loudness, event: None })
    }

    /// Sounds as the moment does. The hum dies away if nothing more is asked for: then nothing moves, or nobody looks.
    pub fn play(&mut self, sound: Sound) {
        let now = self.audio.current_time();
        let pitch = 38.0 + 74.0 * sound.hum.unwrap_or(0.0);
        let loud = if sound.hum.is_some() { HUM } else { 0.0 };
        // A time that has come and a value that is finite are never refused.
        let _ = self.motor.frequency().set_target_at_time(pitch, now, 0.12);
        let _ = self.loudness.gain().cancel_scheduled_values(now);
        let _ = self.loudness.gain().set_target_at_time(loud, now, 0.12);
        let _ = self.loudness.gain().set_target_at_time(0.0, now + 0.4, 0.25);
        if self.event.replace(sound.event).is_some_and(|before| before != sound.event) {
            self.chime(now);
        }
    }

    fn chime(&self, now: f64) -> Option<()> {
        let (tone, loudness) = (self.audio.create_oscillator().ok()?, self.audio.create_gain().ok()?);
        tone.frequency().set_value_at_time(660.0, now).ok()?;
        tone.frequency().set_value_at_time(880.0, now + 0.07).ok()?;
        loudness.gain().set_value_at_time(CHIME, now).ok()?;
        loudness.gain().exponential_ramp_to_value_at_time(0.001, now + 0.3).ok()?;
        tone.connect_with_audio_node(&loudness).ok()?;
        loudness.connect_with_audio_node(&self.audio.destination()).ok()?;
        tone.start().ok()?;
        tone.stop_with_when(now + 0.32).ok()
    }
}

impl Drop for Speaker {
    fn drop(&mut self) {
        // What was closed before is closed.
        let _ = self.audio.close();
    }
}
