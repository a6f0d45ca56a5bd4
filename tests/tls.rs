//! Certificates: one that is not trusted is a matter of configuration, not of waiting.

use std::sync::Arc;

use pruna::{Client, ClientBuilder, Media, Request, reqwest::Certificate};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

/// Starts a service on loopback with a certificate that it has signed itself; returns its URL and the certificate. It says of
/// every job that it is being processed.
async fn service() -> (String, CertificateDer<'static>) {
    let signed = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = signed.cert.der().clone();
    let key = PrivateKeyDer::try_from(signed.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![certificate.clone()], key).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        loop {
            let (connection, _) = listener.accept().await.unwrap();
            // A client that does not trust the certificate ends the handshake.
            let Ok(mut connection) = acceptor.accept(connection).await else { continue };
            let body = json!({"id": "1", "status": "processing"}).to_string();
            let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
            let _ = connection.read(&mut [0; 4096]).await;
            let _ = connection.write_all((head + &body).as_bytes()).await;
            let _ = connection.shutdown().await;
        }
    });
    (url, certificate)
}

fn builder(url: &str) -> ClientBuilder {
    Client::builder().api_key("pru_test").base_url(url)
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_a_configuration_error_and_is_not_tried_again() {
    let (url, certificate) = service().await;
    let client = builder(&url).configure_http(|http| http.no_proxy()).build().unwrap();
    for error in [
        client.submit(Request::new("p-image", json!({"prompt": "x"}))).await.unwrap_err(),
        client.status("1").await.unwrap_err(),
        client.upload(Media::bytes(b"x".as_slice())).await.unwrap_err(),
        client.download(format!("{url}/a.jpg")).bytes().await.unwrap_err(),
    ] {
        assert!(error.is_configuration() && !error.is_transient(), "{error}");
        assert!(error.to_string().contains("certificate") && error.attempts() <= 1, "{error}");
    }
    // The same service, once its certificate is trusted.
    let certificate = Certificate::from_der(&certificate).unwrap();
    let trusting = builder(&url).configure_http(move |http| http.no_proxy().tls_certs_only([certificate.clone()]));
    assert_eq!(trusting.build().unwrap().status("1").await.unwrap(), pruna::Status::PROCESSING);
}
