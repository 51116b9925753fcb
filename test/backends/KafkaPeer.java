// What the test of Kafka does by Kafka's own client: makes topics and rights, and reads back. Run from its source.
//   KafkaPeer BROKER
// Each line of stdin is a request, its words with tabs between: create TOPIC PARTITIONS | set TOPIC NAME VALUE |
// allow USER TOPIC | read TOPIC. The answer ends with a line `ok` or `error WHY`. Before that `read` prints partition, key,
// header `id` and value of each message to the present end, in Base64 with tabs between.
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.*;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.resource.*;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

public class KafkaPeer {
    public static void main(String[] args) throws Exception {
        Map<String, Object> config = Map.of("bootstrap.servers", args[0], "default.api.timeout.ms", 240_000);
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String request = requests.readLine(); request != null; request = requests.readLine()) {
            String answer;
            try {
                answer = answer(config, request.split("\t")) + "ok\n";
            } catch (Exception error) {
                answer = "error " + error.toString().replaceAll("\\s+", " ") + "\n";
            }
            System.out.write(answer.getBytes(StandardCharsets.UTF_8));
            System.out.flush();
        }
    }

    static String answer(Map<String, Object> config, String[] words) throws Exception {
        if (words[0].equals("read")) return read(config, words[1]);
        try (Admin admin = Admin.create(config)) {
            switch (words[0]) {
                case "create" -> admin.createTopics(List.of(new NewTopic(words[1], Integer.parseInt(words[2]), (short) 1))).all().get();
                case "set" -> admin.incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.TOPIC, words[1]),
                    List.of(new AlterConfigOp(new ConfigEntry(words[2], words[3]), AlterConfigOp.OpType.SET)))).all().get();
                case "allow" -> admin.createAcls(List.of(new AclBinding(new ResourcePattern(ResourceType.TOPIC, words[2], PatternType.LITERAL),
                    new AccessControlEntry("User:" + words[1], "*", AclOperation.WRITE, AclPermissionType.ALLOW)))).all().get();
                default -> throw new IllegalArgumentException(words[0]);
            }
        }
        return "";
    }

    static String read(Map<String, Object> config, String topic) {
        Map<String, Object> own = new HashMap<>(config);
        own.putAll(Map.of("key.deserializer", ByteArrayDeserializer.class, "value.deserializer", ByteArrayDeserializer.class, "enable.auto.commit", false));
        StringBuilder out = new StringBuilder();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(own)) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream().map(info -> new TopicPartition(topic, info.partition())).toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
                for (ConsumerRecord<byte[], byte[]> message : consumer.poll(Duration.ofSeconds(1))) {
                    Header id = message.headers().lastHeader("id");
                    out.append(message.partition()).append('\t').append(text(message.key())).append('\t').append(text(id == null ? null : id.value())).append('\t').append(text(message.value())).append('\n');
                }
            }
        }
        return out.toString();
    }

    static String text(byte[] bytes) {
        return bytes == null ? "" : Base64.getEncoder().encodeToString(bytes);
    }
}
