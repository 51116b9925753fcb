// What the test of Kafka does by Kafka's own client: makes topics and rights, and reads back. Run from its source.
//   KafkaPeer BROKER create TOPIC PARTITIONS | set TOPIC NAME VALUE | allow USER TOPIC | read TOPIC
// `read` prints partition, key, header `id` and value of each message to the present end, in Base64 with tabs between.
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
        Map<String, Object> config = new HashMap<>(Map.of("bootstrap.servers", args[0], "default.api.timeout.ms", 120_000));
        if (args[1].equals("read")) {
            read(config, args[2]);
            return;
        }
        try (Admin admin = Admin.create(config)) {
            switch (args[1]) {
                case "create" -> admin.createTopics(List.of(new NewTopic(args[2], Integer.parseInt(args[3]), (short) 1))).all().get();
                case "set" -> admin.incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.TOPIC, args[2]),
                    List.of(new AlterConfigOp(new ConfigEntry(args[3], args[4]), AlterConfigOp.OpType.SET)))).all().get();
                case "allow" -> admin.createAcls(List.of(new AclBinding(new ResourcePattern(ResourceType.TOPIC, args[3], PatternType.LITERAL),
                    new AccessControlEntry("User:" + args[2], "*", AclOperation.WRITE, AclPermissionType.ALLOW)))).all().get();
                default -> throw new IllegalArgumentException(args[1]);
            }
        }
    }

    static void read(Map<String, Object> config, String topic) {
        config.putAll(Map.of("key.deserializer", ByteArrayDeserializer.class, "value.deserializer", ByteArrayDeserializer.class, "enable.auto.commit", false));
        StringBuilder out = new StringBuilder();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(config)) {
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
        System.out.write(out.toString().getBytes(StandardCharsets.US_ASCII), 0, out.length());
        System.out.flush();
    }

    static String text(byte[] bytes) {
        return bytes == null ? "" : Base64.getEncoder().encodeToString(bytes);
    }
}
