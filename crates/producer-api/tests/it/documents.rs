//! The API's own description is true.

use crate::shop::Shop;

#[tokio::test]
async fn the_documents_are_served() {
    let shop = Shop::open();
    let browser = shop.browser();
    assert_eq!(browser.get("/openapi.json").await.body["openapi"], "3.1.0");
    assert_eq!(
        browser.get("/docs").await.headers["content-type"],
        "text/html; charset=utf-8"
    );
}
