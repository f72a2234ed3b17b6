//! A relay behind TLS: a real terminator in front of a real relay, with good and bad certificates.

use crate::harness::{Relay, Trainer, Viewer, check_log, command, trainer};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use shared::event::LogEvent;
use shared::message::From;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

const RUN: &str = "gridworld-q-learning";

/// A certificate with its key, and the authority that vouches for it, in PEM form.
struct Identity {
    certificate: rcgen::Certificate,
    key: KeyPair,
    authority: String,
}

/// Issued for these names by an authority of its own, which has the name of all others.
fn issued(names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Identity {
    issued_by("Authority", names, change)
}

fn issued_by(name: &str, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Identity {
    let mut authority = of(&[]);
    authority.distinguished_name.push(DnType::CommonName, name);
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().unwrap();
    let own = authority.self_signed(&authority_key).unwrap();
    let issuer = Issuer::new(authority, authority_key);
    let mut params = of(names);
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    Identity { certificate: params.signed_by(&key, &issuer).unwrap(), key, authority: own.pem() }
}

/// Vouched for by itself.
fn signed_by_itself(names: &[&str], is_authority: IsCa) -> Identity {
    let mut params = of(names);
    params.is_ca = is_authority;
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let authority = certificate.pem();
    Identity { certificate, key, authority }
}

fn of(names: &[&str]) -> CertificateParams {
    CertificateParams::new(names.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()).unwrap()
}

/// What stands before a relay and speaks TLS.
struct Front {
    _runtime: Runtime,
    address: SocketAddr,
}

impl Front {
    fn new(identity: &Identity, relay: SocketAddr) -> Self {
        Self::at((Ipv4Addr::LOCALHOST, 0).into(), identity, relay)
    }

    fn at(address: SocketAddr, identity: &Identity, relay: SocketAddr) -> Self {
        let key = PrivateKeyDer::try_from(identity.key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![identity.certificate.der().clone()], key)
            .unwrap();
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind(address)).unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // Who does not like the certificate, or finds no relay, is gone.
                    let Ok(mut outside) = acceptor.accept(stream).await else { return };
                    let Ok(mut inside) = TcpStream::connect(relay).await else { return };
                    copy_bidirectional(&mut outside, &mut inside).await.ok();
                });
            }
        });
        Self { _runtime: runtime, address }
    }

    fn url(&self) -> String {
        format!("wss://{}", self.address)
    }
}

/// A relay and a folder for it and for certificates.
struct SecurePlace {
    relay: Relay,
    folder: TempDir,
}

impl SecurePlace {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let relay = Relay::start(folder.path(), "127.0.0.1:0".parse().unwrap());
        Self { relay, folder }
    }

    fn file(&self, pem: &str) -> PathBuf {
        let file = self.folder.path().join("authority.pem");
        std::fs::write(&file, pem).unwrap();
        file
    }

    /// A trainer that publishes to this address and trusts this authority.
    fn trainer(&self, url: &str, authority: &str) -> Trainer {
        let file = self.file(authority);
        let endless = ["run", "gridworld", "--endless", "--relay", url, "--relay-ca", file.to_str().unwrap()];
        Trainer::start(&endless)
    }
}

/// Waits until a run that is published has come so far that others see it.
fn seen(relay: &Relay) {
    let mut viewer = Viewer::of(relay, RUN);
    viewer.listed(|it| it.live);
    viewer.subscribe(From::None);
    viewer.log_until(|event| matches!(event, LogEvent::Episodes(_)));
}

#[test]
fn behind_tls_everything_arrives_once_even_if_the_front_goes_and_comes() {
    let place = SecurePlace::new();
    let identity = issued(&["127.0.0.1"], |_| {});
    let front = Front::new(&identity, place.relay.address);
    let trainer = place.trainer(&front.url(), &identity.authority);
    trainer.says("relay connected");
    seen(&place.relay);
    let address = front.address;
    drop(front);
    trainer.says("relay away");
    let _front = Front::at(address, &identity, place.relay.address);
    trainer.says("relay connected");
    seen(&place.relay);
    let summary = trainer.interrupt();
    let episodes = check_log(&Viewer::of(&place.relay, RUN).whole_log());
    assert!(summary.contains(&format!("{episodes} episodes")), "{summary}");
}

#[test]
fn a_certificate_that_signed_itself_is_trusted_when_named() {
    let place = SecurePlace::new();
    let identity = signed_by_itself(&["localhost"], IsCa::ExplicitNoCa);
    let front = Front::new(&identity, place.relay.address);
    let url = format!("wss://localhost:{}", front.address.port());
    place.trainer(&url, &identity.authority).says("relay connected");
}

#[test]
fn the_systems_authorities_are_trusted_where_none_is_named() {
    let place = SecurePlace::new();
    let identity = issued(&["127.0.0.1"], |_| {});
    let front = Front::new(&identity, place.relay.address);
    let mut command = command(&["run", "gridworld", "--endless", "--relay", &front.url()]);
    // Where the system keeps them, as every TLS library reads it.
    command.env("SSL_CERT_FILE", place.file(&identity.authority)).env_remove("SSL_CERT_DIR");
    Trainer::of(command).says("relay connected");
}

#[test]
fn what_is_wrong_with_a_certificate_is_named_with_the_way_out() {
    let place = SecurePlace::new();
    let stranger = issued(&["127.0.0.1"], |_| {});
    let untrusted = ("issued by nobody trusted here", "--relay-ca FILE");
    let cases = [
        (issued_by("Another", &["127.0.0.1"], |_| {}), Some(&stranger), untrusted.0, untrusted.1),
        (issued(&["127.0.0.1"], |_| {}), Some(&stranger), untrusted.0, untrusted.1),
        (issued(&["relay.example"], |_| {}), None, "not for 127.0.0.1 but for", "relay.example"),
        (
            issued(&["127.0.0.1"], |it| {
                it.not_before = date_time_ymd(2019, 1, 1);
                it.not_after = date_time_ymd(2020, 1, 1);
            }),
            None,
            "expired",
            "renew it",
        ),
        (
            issued(&["127.0.0.1"], |it| {
                it.not_before = date_time_ymd(3000, 1, 1);
                it.not_after = date_time_ymd(3001, 1, 1);
            }),
            None,
            "not valid yet",
            "clock",
        ),
        (
            signed_by_itself(&["127.0.0.1"], IsCa::Ca(BasicConstraints::Unconstrained)),
            None,
            "is an authority's",
            "basicConstraints CA:FALSE",
        ),
    ];
    for (identity, trusted, problem, way_out) in &cases {
        let front = Front::new(identity, place.relay.address);
        let trusted = trusted.unwrap_or(identity);
        let line = place.trainer(&front.url(), &trusted.authority).says("relay away");
        assert!(line.contains(problem) && line.contains(way_out), "{line}");
        assert!(line.ends_with("; training goes on"), "{line}");
    }
}

#[test]
fn a_certificate_that_is_put_right_lets_the_trainer_in() {
    let place = SecurePlace::new();
    let identity = issued(&["127.0.0.1"], |_| {});
    let front = Front::new(&issued(&["127.0.0.1"], |_| {}), place.relay.address);
    let trainer = place.trainer(&front.url(), &identity.authority);
    trainer.says("issued by nobody trusted here");
    let address = front.address;
    drop(front);
    let _front = Front::at(address, &identity, place.relay.address);
    trainer.says("relay connected");
}

#[test]
fn a_relay_without_tls_is_told_from_one_that_has_it() {
    let place = SecurePlace::new();
    let url = format!("wss://{}", place.relay.address);
    let authority = issued(&["127.0.0.1"], |_| {}).authority;
    let line = place.trainer(&url, &authority).says("relay away");
    assert!(line.contains("answers without TLS: try ws://"), "{line}");
}

#[test]
fn trust_that_cannot_be_had_is_named_before_training() {
    let relay = ["run", "gridworld", "--relay", "wss://relay.example", "--relay-ca", "/nowhere/ca.pem"];
    let said = trainer(&relay);
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(said.err.contains("/nowhere/ca.pem cannot be read"), "{}", said.err);
    let mut nobody = command(&relay[..4]);
    let nobody = nobody.env("SSL_CERT_FILE", "/nowhere/ca.pem").env_remove("SSL_CERT_DIR").output().unwrap();
    let said = String::from_utf8(nobody.stderr).unwrap();
    assert_eq!(nobody.status.code(), Some(2), "{said}");
    assert!(said.contains("install ca-certificates, or name the relay's own with --relay-ca FILE"), "{said}");
}
