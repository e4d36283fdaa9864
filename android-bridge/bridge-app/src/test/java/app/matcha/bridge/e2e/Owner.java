package app.matcha.bridge.e2e;

import static org.junit.Assert.assertTrue;

import com.google.zxing.BarcodeFormat;
import com.google.zxing.WriterException;
import com.google.zxing.common.BitMatrix;
import com.google.zxing.qrcode.QRCodeWriter;
import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import com.grack.nanojson.JsonWriter;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;

/** The owner of a shop and her readers, who speak with the server directly and without faults. */
final class Owner {
    private static final String OWNER = "/api/v1/owner";

    private final Matcha matcha;
    private final String key;
    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private int readers;

    /** An order of a reader. */
    static final class Order {
        final String id;
        final String token;
        final String amount;

        private Order(JsonObject json) {
            id = json.getString("id");
            token = json.getString("token");
            amount = json.getString("amount");
        }
    }

    Owner(Matcha matcha) throws IOException, InterruptedException {
        this.matcha = matcha;
        key = matcha.run("key", "create", "--owner");
    }

    /** A wallet with an open code, a blog, and an article for ¥20.00 of which readers hold amounts of their own. */
    void openShop() throws IOException {
        String account = own("POST", "/accounts", Map.of("name", "微信", "channel", "wechat")).getString("id");
        String edge = "\r\n--edge--\r\n";
        ByteArrayOutputStream form = new ByteArrayOutputStream();
        form.write("--edge\r\ncontent-disposition: form-data; name=\"file\"; filename=\"open.png\"\r\n\r\n"
                .getBytes(StandardCharsets.UTF_8));
        form.write(openCode());
        form.write(edge.getBytes(StandardCharsets.UTF_8));
        JsonObject code = send("POST", OWNER + "/accounts/" + account + "/codes", key,
                Map.of("content-type", "multipart/form-data; boundary=edge"), form.toByteArray());
        assertTrue(code.toString(), "open".equals(code.getString("kind")));
        own("POST", "/sites", Map.of("slug", "blog", "name", "山中茶事"));
        own("PATCH", "/sites/blog", Map.of("pay_window_ms", 3_600_000, "max_discount", "5.00"));
        own("POST", "/products", Map.of("site", "blog", "slug", "tea", "title", "八十度的水", "price", "20.00", "lock", "hosted",
                "html", "<p>the paid text</p>"));
    }

    /** A code into which the payer types the amount, as the wallet draws it. */
    private static byte[] openCode() throws IOException {
        try {
            BitMatrix code = new QRCodeWriter().encode("wxp://f2f0MATCHATESTOPEN", BarcodeFormat.QR_CODE, 300, 300);
            BufferedImage image = new BufferedImage(code.getWidth(), code.getHeight(), BufferedImage.TYPE_INT_RGB);
            for (int y = 0; y < code.getHeight(); y++) {
                for (int x = 0; x < code.getWidth(); x++) {
                    image.setRGB(x, y, code.get(x, y) ? 0 : 0xffffff);
                }
            }
            ByteArrayOutputStream png = new ByteArrayOutputStream();
            ImageIO.write(image, "png", png);
            return png.toByteArray();
        } catch (WriterException impossible) {
            throw new AssertionError(impossible);
        }
    }

    /** What a phone scans to be paired. */
    String pairingLink(String pin) throws IOException {
        return own("POST", "/devices/pairing", Map.of("pin", pin)).getString("pairing_url");
    }

    /** Another reader wants the article. */
    Order order() throws IOException {
        byte[] wish = JsonWriter.string(Map.of("site", "blog", "product", "tea")).getBytes(StandardCharsets.UTF_8);
        return new Order(send("POST", "/api/v1/orders", null, Map.of("matcha-reader", "reader-" + ++readers + "-of-this-test"), wish));
    }

    String status(Order order) throws IOException {
        return send("GET", "/api/v1/orders/" + order.id, order.token, Map.of(), null).getString("status");
    }

    /** Does not want to hear this phone any more. */
    void revoke(String device) throws IOException {
        send("DELETE", OWNER + "/devices/" + device, key, Map.of(), null);
    }

    JsonObject device() throws IOException {
        return all("/devices").get(0);
    }

    /** All items of a list, page after page. */
    List<JsonObject> all(String path) throws IOException {
        List<JsonObject> items = new ArrayList<>();
        String cursor = "";
        while (cursor != null) {
            JsonObject page = send("GET", OWNER + path + "?limit=100" + cursor, key, Map.of(), null);
            page.getArray("items").forEach(item -> items.add((JsonObject) item));
            cursor = page.getString("next_cursor") == null ? null : "&cursor=" + page.getString("next_cursor");
        }
        return items;
    }

    private JsonObject own(String method, String path, Map<String, ?> body) throws IOException {
        return send(method, OWNER + path, key, Map.of(), JsonWriter.string(body).getBytes(StandardCharsets.UTF_8));
    }

    private JsonObject send(String method, String path, String token, Map<String, String> headers, byte[] body)
            throws IOException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(matcha.url() + path))
                .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body))
                .header("content-type", headers.getOrDefault("content-type", "application/json"));
        if (token != null) {
            request.header("authorization", "Bearer " + token);
        }
        if (headers.containsKey("matcha-reader")) {
            request.header("matcha-reader", headers.get("matcha-reader"));
        }
        try {
            HttpResponse<String> answer = http.send(request.build(), BodyHandlers.ofString(StandardCharsets.UTF_8));
            boolean good = answer.statusCode() / 100 == 2;
            assertTrue(method + " " + path + ": " + answer.statusCode() + " " + answer.body(), good);
            return answer.body().isEmpty() ? new JsonObject() : JsonParser.object().from(answer.body());
        } catch (InterruptedException | JsonParserException failure) {
            throw new IOException(failure);
        }
    }
}
